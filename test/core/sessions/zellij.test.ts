import { describe, expect, it } from 'vitest';
import { type LastSeen, NEVER_SEEN } from '../../../src/core/sessions/backend.ts';
import { ZellijBackend } from '../../../src/core/sessions/backends/zellij.ts';
import { cat } from '../../../src/world/programs/basic.ts';
import { Zellij } from '../../../src/world/zellij/index.ts';
import { describeBackend } from './conformance.ts';
import { onSimulated, simulatedBench } from './simulated-bench.ts';

const OPTIONS = { file: 'zellij', owner: 'me', probeTimeoutMs: 1_500, changeTimeoutMs: 1_500 };

function open() {
  const bench = simulatedBench();
  const { ports, run, machine } = bench;
  const zellij = new Zellij(machine);
  const { exec, processes } = ports;
  const common = onSimulated(bench, new ZellijBackend({ exec, processes }, OPTIONS));
  const signal = (signalName: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => {
    const pid = zellij.session('rp-1')?.server?.pid;
    if (pid !== undefined) machine.kill(0, pid, signalName);
  };
  /** zellij keeps the pane of a command that has ended until its user closes it, or has it run again. */
  const hold = () => {
    const { panes } = zellij.session('rp-1')!;
    panes.push({ ...panes[0]! });
  };
  const endProgram = async () => {
    machine.kill(0, zellij.session('rp-1')!.panes[0]!.proc!.pid, 'SIGKILL');
    await common.rest();
  };
  const runAgain = () => {
    const { panes, server } = zellij.session('rp-1')!;
    const silent = () => {};
    const sink = { stdout: silent, stderr: silent, exited: silent };
    const options = {
      parent: server,
      newGroup: true,
      uid: 1000,
      cwd: '/tmp',
      env: { REPRISE_LAUNCH: 'launch-1' },
      sink,
    };
    const proc = machine.start({ argv: ['cat', '-'], program: cat, ...options });
    panes[0]!.proc = proc;
    return proc;
  };
  return {
    ...common,
    ...{ zellij, hold, endProgram, runAgain },
    rename: null,
    foreign: (name: string) => run('zellij', 'attach', '--create-background', name, '--', 'cat', '-'),
    beside: (name: string) => run('zellij', '--session', name, 'action', 'new-pane', '--', 'cat', '-'),
    stall: () => signal('SIGSTOP'),
    resume: async () => {
      signal('SIGCONT');
      await common.rest();
    },
    killServer: async () => {
      signal('SIGKILL');
      await common.rest();
    },
  };
}

// The model of zellij was read in its source, not run: no real zellij can be had here.
describeBackend('the simulated zellij (read, not run)', {
  echo: ['cat', '-'],
  failing: ['fail', 'now'],
  ended: 'missing',
  open: async () => open(),
});

const spec = { name: 'rp-1', launch: 'launch-1', argv: ['cat', '-'], cwd: '/tmp' };

it('a live session that zellij leaves out of its list is unknown', async () => {
  const { settle, backend, zellij, remember } = open();
  const made = await settle(backend.create(spec));
  if (made.outcome !== 'done') throw new Error(made.reason);
  const seen = await remember(made.value, 'launch-1');
  for (const socket of ['error', 'refused'] as const) {
    zellij.session('rp-1')!.socket = socket;
    expect((await settle(backend.probe('rp-1', seen))).verdict).toBe('unknown');
  }
});

it('one server that hangs keeps the answers about all', async () => {
  const { settle, backend, remember, foreign, zellij, stall } = open();
  const made = await settle(backend.create(spec));
  if (made.outcome !== 'done') throw new Error(made.reason);
  const seen = await remember(made.value, 'launch-1');
  await foreign('rp-2');
  stall();
  expect((await settle(backend.probe('rp-2', NEVER_SEEN))).verdict).toBe('unknown');
  expect((await settle(backend.probe('rp-1', seen))).verdict).toBe('unknown');
  expect(zellij.session('rp-2')?.server?.alive).toBe(true);
});

/** What a daemon knows that died right after it asked for a terminal. */
const ASKED_FOR = { ...NEVER_SEEN, launch: 'launch-1' };

/** A session whose program has ended, in a pane that zellij still shows. `seen`: as a daemon remembers it that had seen it. */
async function held() {
  const bench = open();
  const { settle, backend, remember, hold, endProgram } = bench;
  const made = await settle(backend.create(spec));
  if (made.outcome !== 'done') throw new Error(made.reason);
  const seen = await remember(made.value, 'launch-1');
  hold();
  await endProgram();
  const look = (lastSeen: LastSeen) => settle(backend.probe('rp-1', lastSeen));
  const found = async (lastSeen: LastSeen) => {
    const probe = await look(lastSeen);
    if (probe.verdict !== 'exists') throw new Error(probe.evidence);
    return probe.found;
  };
  return { ...bench, seen, look, found };
}

describe('a pane that zellij holds after its program has ended', () => {
  it.each(['seen', 'never seen'])(
    'is ours and has ended, when it was %s before; it is removed, and then missing',
    async (before) => {
      const { settle, backend, rest, zellij, seen, look, found } = await held();
      const lastSeen = before === 'seen' ? seen : ASKED_FOR;
      const terminal = await found(lastSeen);
      expect(terminal).toMatchObject({ owner: 'me', launch: 'launch-1', end: { code: null, signal: null } });
      expect(await settle(backend.kill(terminal))).toMatchObject({ outcome: 'done' });
      await rest();
      expect([zellij.live(), (await look(lastSeen)).verdict]).toEqual([[], 'missing']);
      expect((await settle(backend.create({ ...spec, launch: 'launch-2' }))).outcome).toBe('done');
    },
  );

  it.each(['seen', 'never seen'])(
    'is left alone when its user works beside it, when it was %s before',
    async (before) => {
      const { settle, backend, rest, zellij, beside, seen, look, found } = await held();
      const lastSeen = before === 'seen' ? seen : ASKED_FOR;
      const terminal = await found(lastSeen);
      await beside('rp-1');
      expect((await settle(backend.kill(terminal))).outcome).toBe('refused');
      await rest();
      expect([zellij.live().length, (await look(lastSeen)).verdict]).toEqual([1, 'missing']);
      const again = await settle(backend.create({ ...spec, launch: 'launch-2' }));
      expect(again).toMatchObject({ outcome: 'refused', nameTaken: true });
    },
  );

  it.each(['seen', 'never seen'])(
    'is found when its user has its program run again, when it was %s before',
    async (before) => {
      const { settle, backend, rest, seen, found, runAgain } = await held();
      const lastSeen = before === 'seen' ? seen : ASKED_FOR;
      const terminal = await found(lastSeen);
      const again = runAgain();
      expect((await settle(backend.kill(terminal))).outcome).toBe('refused');
      await rest();
      expect(again.alive).toBe(true);
      const running = await found(lastSeen);
      expect(running).toMatchObject({ owner: 'me', panePid: again.pid, end: null });
      expect((await settle(backend.kill(running))).outcome).toBe('done');
      await rest();
      expect(again.alive).toBe(false);
    },
  );

  it('is unknown when zellij does not say what it shows', async () => {
    const { settle, backend, zellij } = await held();
    zellij.session('rp-1')!.panes.splice(0);
    expect((await settle(backend.probe('rp-1', ASKED_FOR))).verdict).toBe('unknown');
  });
});
