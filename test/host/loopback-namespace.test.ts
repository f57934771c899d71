import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpResponse, http } from 'msw';
import { afterAll, expect, it } from 'vitest';
import { createClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { startLoopback } from '../../src/host/loopback.ts';
import { openLoopbackNamespace } from '../../src/host/loopback-namespace.ts';

const namespace = await openLoopbackNamespace();
const note = namespace.kind === 'isolated' ? '' : ` (skipped: ${namespace.reason})`;
const refused = namespace.kind === 'not-isolated';
afterAll(async () => {
  if (namespace.kind === 'isolated') await namespace.close();
});

const ask = (url: string): string =>
  `fetch(${JSON.stringify(url)}).then((r) => r.text(), (e) => e.cause.code).then((t) => process.stdout.write(t))`;

it.skipIf(refused)(`what runs inside reaches the server given out and nothing else${note}`, async () => {
  if (namespace.kind !== 'isolated') return;
  const outside = createServer((_, response) => response.end('from outside'));
  await once(outside.listen(0, '127.0.0.1'), 'listening');
  const outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  const loopback = await startLoopback({
    handlers: [http.get('*/hello', () => HttpResponse.text('from the handlers'))],
    socket: namespace.server,
  });
  const inside = async (url: string) => {
    const plain = { file: process.execPath, args: ['-e', ask(url)], cwd: '.', env: { PATH: process.env.PATH ?? '' } };
    const result = await createExec(createClock()).run({ ...namespace.enter(plain), timeoutMs: 30_000 });
    return result.kind === 'exited' ? result.stdout : result.message;
  };
  try {
    expect(await inside(`${loopback.url}/hello`)).toBe('from the handlers');
    expect(await inside(outsideUrl)).toBe('ECONNREFUSED');
    expect(await inside('http://192.0.2.1/')).toBe('ENETUNREACH');
    // The server is inside: here, its port leads nowhere.
    await expect(fetch(`${loopback.url}/hello`)).rejects.toThrow();
  } finally {
    await loopback.close();
    outside.close();
  }
});

it.skipIf(refused || process.getuid?.() !== 0)(
  `an ordinary user makes a namespace or is told why not${note}`,
  async () => {
    const script = `
    const { openLoopbackNamespace } = await import('./src/host/loopback-namespace.ts');
    process.setgid(65534);
    process.setuid(65534);
    const namespace = await openLoopbackNamespace();
    if (namespace.kind === 'not-isolated') console.log('reason: ' + namespace.reason);
    else {
      const launch = namespace.enter({ file: 'sh', args: ['-c', 'exit 7'], cwd: '/', env: {} });
      const { spawnSync } = await import('node:child_process');
      console.log('inside: ' + spawnSync(launch.file, launch.args, { cwd: '/' }).status);
      await namespace.close();
    }`;
    const other = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(other.stdout, 'data')) as [Buffer];
    expect(String(line)).toMatch(/^inside: 7\n$|^reason: .+\n$/);
  },
);
