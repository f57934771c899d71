import { expect, it } from 'vitest';
import { NEVER_SEEN } from '../../../src/core/sessions/backend.ts';
import { ZellijBackend } from '../../../src/core/sessions/backends/zellij.ts';
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
  return {
    ...common,
    zellij,
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
