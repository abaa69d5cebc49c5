import { describe, expect, it } from 'vitest'
import { runtimes } from '../where.ts'
import { launchRedis } from './programs.ts'
import { withRuntime } from './stack.ts'

describe.each(runtimes)('programs beside services in the %s runtime', name => {
  it('give their exit code, both outputs, and read their input', async () => {
    await withRuntime(name, async runtime => {
      const cache = await launchRedis(runtime, 'cache')
      const script = 'cat; echo "$WORD" >&2; exit 3'
      expect(await cache.exec(['sh', '-c', script], { input: 'hello' })).toEqual({
        code: 3,
        stdout: 'hello',
        stderr: '\n',
      })
      const tool = await runtime.tool('redis', ['sh', '-c', script], { input: 'hello', environment: { WORD: 'pear' } })
      expect(tool).toEqual({ code: 3, stdout: 'hello', stderr: 'pear\n' })
      expect((await runtime.tool('redis', ['no-such-program'])).code).not.toBe(0)
    })
  })

  it('are killed with their children when their time is over', async () => {
    await withRuntime(name, async runtime => {
      const started = performance.now()
      const script = 'sleep 600 & echo begun; wait'
      const late = await runtime.tool('redis', ['sh', '-c', script], { timeoutMs: 500 })
      expect(late.code).toBe(124)
      expect(late.stdout).toBe('begun\n')
      expect(late.stderr).toContain('killed after 500 ms')
      expect(performance.now() - started).toBeLessThan(60_000)
      const { stdout } = await runtime.tool('redis', ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'])
      expect(stdout).not.toContain('sleep 600 ')
    })
  })

  it('never run as root where the service does not', async () => {
    await withRuntime(name, async runtime => {
      const cache = await launchRedis(runtime, 'cache')
      const users = [await cache.exec(['id', '-u']), await runtime.tool('postgres', ['id', '-u'])]
      for (const { stdout } of users) expect(stdout.trim()).not.toBe('0')
      await cache.stop()
      expect((await cache.exec(['id', '-u'])).stdout).toBe(users[0]?.stdout)
    })
  })

  it('see the volumes of services, also those that came later', async () => {
    await withRuntime(name, async runtime => {
      const first = runtime.place('a').volume({ name: 'first' })
      expect((await runtime.tool('redis', ['sh', '-c', 'echo one >"$0/file"', first])).code).toBe(0)
      const second = runtime.place('b').volume({ name: 'second' })
      const copied = await runtime.tool('redis', ['cp', `${first}/file`, `${second}/file`])
      expect(copied).toMatchObject({ code: 0, stderr: '' })
      expect((await runtime.tool('redis', ['cat', `${second}/file`])).stdout).toBe('one\n')
    })
  })

  it('fill a limited volume without touching any other', async context => {
    if (name === 'process' && process.getuid?.() !== 0) context.skip('only root may mount a file system')
    await withRuntime(name, async runtime => {
      const small = runtime.place('a').volume({ name: 'small', limitBytes: 1_000_000 })
      const large = runtime.place('a').volume({ name: 'large' })
      const fill = await runtime.tool('redis', ['dd', 'if=/dev/zero', `of=${small}/fill`, 'bs=100k', 'count=20'])
      expect(fill.stderr).toContain('No space left on device')
      const beside = await runtime.tool('redis', ['dd', 'if=/dev/zero', `of=${large}/fill`, 'bs=100k', 'count=20'])
      expect(beside.code).toBe(0)
      expect((await runtime.tool('redis', ['rm', `${small}/fill`])).code).toBe(0)
      expect((await runtime.tool('redis', ['cp', '/etc/passwd', small])).code).toBe(0)
    })
  })
})
