import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { trackTimers } from '../../src/cli/live/own-processes.ts';
import { LiveTui } from '../../src/cli/live/tui.ts';
import { AgentRegistry } from '../../src/core/agents.ts';
import { Daemon, type DaemonConfig, DEFAULT_TIMERS, type ProcessIdentity } from '../../src/core/index.ts';
import { PairStore } from '../../src/core/pairs/pair-store.ts';
import type { ClientEnd } from '../../src/core/providers/types.ts';
import { Store } from '../../src/core/store/store.ts';
import { TimerGroup } from '../../src/core/timer-group.ts';
import { createHostPorts, type HostPorts } from '../../src/host/ports.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Bench {
  readonly host: HostPorts;
  readonly log: string[];
  readonly armed: Map<symbol, string>;
  readonly ports: HostPorts;
}

/** The machine's ports, with a look at the timers that are armed. */
function bench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-shutdown-'));
  folders.push(folder);
  const log: string[] = [];
  const armed = new Map<symbol, string>();
  const host = createHostPorts({
    databaseFile: join(folder, 'db.sqlite'),
    frontend: { publish: () => {} },
    log: { event: (type) => log.push(type) },
  });
  return { host, log, armed, ports: { ...host, clock: trackTimers(host.clock, armed) } };
}

const LOCKS = mkdtempSync(join(tmpdir(), 'reprise-locks-'));

const CONFIG: DaemonConfig = {
  owner: 'test',
  tmux: { file: 'no-such-tmux', socketName: 'test' },
  codex: { file: 'no-such-codex', args: [], cwd: '/' },
  claude: { file: 'no-such-claude', args: [], cwd: '/', env: {} },
  worker: ['true'],
  pairs: { max: 2, portBase: 25_410, portStride: 10 },
  locks: { folder: join(LOCKS, 'locks'), sweepMs: 30_000 },
  timers: DEFAULT_TIMERS,
};

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('a daemon that has shut down leaves no timer, whatever it was waiting for', async () => {
  const { host, ports, armed } = bench();
  // A pair whose app-server cannot be started: an earlier daemon made it.
  await new Store(host.database).open();
  await new PairStore(host.database).add('p1', 0, 1);
  const daemon = await Daemon.start(ports, CONFIG);
  await daemon.restored;
  await daemon.openChat({ chatId: 'c1', provider: 'codex', pairId: 'p1', cwd: '/' });
  await daemon.openChat({ chatId: 'c2', provider: 'codex', pairId: 'p1', cwd: '/' });
  await until(() => daemon.status().pairs[0]!.listening);
  await LiveTui.connect(daemon.status().pairs[0]!.port, 'tui');
  await until(() => daemon.status().pairs[0]!.slot !== null);
  daemon.attach('c1');
  daemon.detach('c1');
  daemon.attach('c2');
  await daemon.close('c2');
  const purposes = () => [...armed.values()];
  for (const purpose of ['sweep terminals', 'restart app-server p1', 'pair-reap p1 c1', 'recover c1', 'end c2'])
    await until(() => purposes().includes(purpose));
  await daemon.shutdown();
  expect(purposes()).toEqual([]);
  host.close();
});

it('a daemon that is shut down while it waits for an orphan leaves it to the next one', async () => {
  const { host, ports, armed, log } = bench();
  const store = new Store(host.database);
  await store.open();
  // This very process is alive, so the daemon gives it time to end by itself; it must not be signalled in the end.
  const self = await host.processes.inspect(process.pid);
  if (self.kind !== 'alive') throw new Error('cannot inspect this process');
  await store.announceAgent('orphan', 'codex p1');
  await store.identifyAgent('orphan', self.identity);
  const daemon = await Daemon.start(ports, CONFIG);
  await until(() => [...armed.values()].includes(`orphan ${process.pid}`));
  await daemon.shutdown();
  expect([...armed.values()]).toEqual([]);
  expect(log).not.toContain('agent.orphan-signalled');
  expect(store.agents().map(({ agentId }) => agentId)).toEqual(['orphan']);
  host.close();
});

it('the registry is settled only when a client that has ended is forgotten', async () => {
  const { host } = bench();
  const store = new Store(host.database);
  await store.open();
  const registry = new AgentRegistry(host, store, DEFAULT_TIMERS);
  const end: ClientEnd = { kind: 'exited', code: 0, signal: null, message: '' };
  let ended: (end: ClientEnd) => void = () => {};
  let closed: (end: ClientEnd) => void = () => {};
  const gone: ProcessIdentity = { pid: 2 ** 22 + 1, startTicks: 1, bootId: 'boot' };
  await registry.start('codex p1', async () => ({
    ok: true,
    value: {
      identity: gone,
      onEnd: (listener: (end: ClientEnd) => void) => {
        ended = listener;
      },
      close: () =>
        new Promise<ClientEnd>((resolve) => {
          closed = resolve;
        }),
    },
  }));
  expect(store.agents()).toHaveLength(1);
  ended(end);
  let settled = false;
  const settling = registry.settled().then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([settled, store.agents().length]).toEqual([false, 1]);
  closed(end);
  await settling;
  expect(store.agents()).toEqual([]);
  host.close();
});

it('a group of timers wakes its sleepers and fires nothing once it has stopped', async () => {
  const { host, ports, armed } = bench();
  const group = new TimerGroup(ports.clock);
  let fired = 0;
  group.after(60_000, 'later', () => fired++);
  const slept = group.sleep(60_000, 'sleep');
  group.stop();
  await slept;
  await group.sleep(60_000, 'too late');
  group.after(0, 'too late', () => fired++);
  expect([group.stopped, armed.size, fired]).toEqual([true, 0, 0]);
  host.close();
});
