import { expect, type Page, test } from '@playwright/test'
import { reports } from '../../src/reports/index.ts'
import { hostile, MARKUP } from '../fixtures/records/records.ts'
import { pages } from './pages.ts'

/** Shows a page as a file would be shown, and gives what it complained of and what it asked the network for. */
async function show(page: Page, name: string): Promise<{ complaints: string[]; requests: string[] }> {
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith('data:') && request.url() !== 'http://page.invalid/') requests.push(request.url())
  })
  await page.context().setOffline(false)
  await page.route('http://page.invalid/', route =>
    route.fulfill({ contentType: 'text/html; charset=utf-8', body: pages[name]?.() ?? '' }),
  )
  await page.goto('http://page.invalid/')
  return { complaints, requests }
}

for (const name of Object.keys(pages)) {
  test.describe(name, () => {
    test('fits phone, tablet and desktop, asks for nothing, complains of nothing, runs nothing', async ({ page }) => {
      const { complaints, requests } = await show(page, name)
      await page.locator('details').evaluateAll(all => all.map(node => node.setAttribute('open', '')))
      for (const width of [320, 820, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      }
      expect(requests).toEqual([])
      expect(complaints).toEqual([])
      expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
      expect(await page.locator('script, iframe, object, embed, form').count()).toBe(0)
    })

    test('can be read by a screen reader', async ({ page }) => {
      await show(page, name)
      await expect(page.locator('html')).toHaveAttribute('lang', 'en')
      await expect(page.locator('h1')).toHaveCount(1)
      const levels = await page
        .locator('h1, h2, h3, h4')
        .evaluateAll(nodes => nodes.map(node => Number(node.tagName.slice(1))))
      for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1)
      const bare = await page
        .locator('table')
        .evaluateAll(
          tables => tables.filter(table => (table.querySelector('caption')?.textContent ?? '').trim() === '').length,
        )
      expect(bare).toBe(0)
      const mute = await page
        .locator('.picture')
        .evaluateAll(
          pictures => pictures.filter(picture => !/\S/.test(picture.getAttribute('aria-label') ?? '')).length,
        )
      expect(mute).toBe(0)
      const ids = await page.locator('[id]').evaluateAll(nodes => nodes.map(node => node.id))
      expect(new Set(ids).size).toBe(ids.length)
    })

    test('has letters that stand out from their ground, light and dark', async ({ page }) => {
      await show(page, name)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await page.evaluate(faintest)).toBeGreaterThanOrEqual(4.5)
      }
    })
  })
}

/** The smallest contrast ratio (WCAG) of any text on the page. Runs in the browser. */
function faintest(): number {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const light = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(part => channel(Number(part) / 255))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const ground = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)'
    const colour = getComputedStyle(element).backgroundColor
    return colour === 'rgba(0, 0, 0, 0)' ? ground(element.parentElement) : colour
  }
  let least = Number.POSITIVE_INFINITY
  for (const element of document.querySelectorAll('body *:not(svg):not(svg *)')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent?.trim())) continue
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))]
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05))
  }
  return least
}

test('hostile texts are shown as the texts they are', async ({ page }) => {
  await show(page, 'a report with hostile texts')
  await expect(page.locator('h1')).toHaveText(`Monthly disaster-recovery drill ${MARKUP}`)
  await expect(page.locator('.picture.wide svg text').filter({ hasText: '<script>' }).first()).toBeVisible()
})

test('on paper all evidence is unfolded and the navigation is gone', async ({ page }) => {
  await show(page, 'a report that is unmet')
  const evidence = page.getByText('routes[0]').first()
  await expect(evidence).toBeHidden()
  await page.emulateMedia({ media: 'print' })
  await expect(evidence).toBeVisible()
  await expect(page.locator('nav.toc')).toBeHidden()
})

test('the verdict, the reason and the figures are on the first screen of a desktop', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await show(page, 'a report that is unmet')
  for (const text of ['✕ Unmet', 'it went to dr_team instead', 'at most 5 s', '9.95 s ± 10 ms', 'K = 60, K = 300'])
    await expect(page.getByText(text).first()).toBeInViewport()
})

test('the links of the contents lead to their sections', async ({ page }) => {
  await show(page, 'a report that is unmet')
  for (const link of await page.locator('nav.toc a').all()) {
    await link.click()
    await expect(page.locator(':target')).toBeInViewport()
  }
})

test('junit.xml with hostile texts is XML', async ({ page }) => {
  const xml = await reports.junit.render(hostile)
  const cases = await page.evaluate(text => {
    const parsed = new DOMParser().parseFromString(text, 'application/xml')
    const error = parsed.querySelector('parsererror')
    return error === null ? parsed.querySelectorAll('testcase').length : (error.textContent ?? '')
  }, String(xml))
  expect(cases).toBeGreaterThan(10)
})

test('report.pdf is a PDF of several pages', async () => {
  const content = await reports.pdf.render(hostile)
  const text = Buffer.from(content).toString('latin1')
  expect(text).toMatch(/^%PDF-/)
  expect(text.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(3)
})
