import { defineConfig } from '@playwright/test'
import { findChromium } from './src/reports/chromium.ts'

const executablePath = findChromium()

/** Reports and pages in the machine's own Chromium; nothing is downloaded. */
export default defineConfig({
  testDir: 'test/browser',
  outputDir: 'test-results/browser',
  workers: 2,
  fullyParallel: true,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 180_000,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    offline: true,
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
})
