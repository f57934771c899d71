import { expect, it } from 'vitest';
import { HerdrBackend } from '../../../src/core/sessions/backends/herdr.ts';
import { inMacrotask } from '../../../src/kernel/drain.ts';
import { Herdr } from '../../../src/world/herdr/index.ts';
import { describeBackend } from './conformance.ts';
import { onSimulated, simulatedBench } from './simulated-bench.ts';

const OPTIONS = { file: 'herdr', owner: 'me', probeTimeoutMs: 1_500, changeTimeoutMs: 1_500 };

function open() {
  const bench = simulatedBench();
  const { ports, machine, kernel } = bench;
  const herdr = new Herdr(machine);
  const silent = () => {};
  const serve = (name: string) => {
    const executable = machine.executables.get('herdr');
    if (executable?.kind !== 'program') throw new Error('no herdr');
    const sink = { stdout: silent, stderr: silent, exited: silent };
    const options = { parent: null, newGroup: true, uid: 1000, cwd: '/', env: {}, sink };
    machine.start({ argv: ['herdr', '--session', name, 'server'], program: executable.program, ...options });
  };
  const { exec, processes, clock } = ports;
  const common = onSimulated(bench, new HerdrBackend({ exec, processes, clock }, OPTIONS));
  const signal = (signalName: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => {
    const pid = herdr.session('rp-1')?.server?.pid;
    if (pid !== undefined) machine.kill(0, pid, signalName);
  };
  return {
    ...common,
    herdr,
    kernel,
    rename: null,
    foreign: async (name: string) => {
      await inMacrotask(() => serve(name));
      await common.rest();
    },
    beside: (name: string) =>
      bench.run('herdr', '--session', name, 'agent', 'start', 'mine', '--cwd', '/', '--', 'cat', '-'),
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

// The model of herdr was read in its source, not run: no real herdr can be had here.
describeBackend('the simulated herdr (read, not run)', {
  echo: ['cat', '-'],
  failing: ['fail', 'now'],
  ended: 'ended',
  open: async () => open(),
});

const spec = { name: 'rp-1', launch: 'launch-1', argv: ['cat', '-'], cwd: '/tmp' };

it('"running: false" of a session that lives is unknown', async () => {
  const { settle, backend, herdr, remember } = open();
  const made = await settle(backend.create(spec));
  if (made.outcome !== 'done') throw new Error(made.reason);
  const seen = await remember(made.value, 'launch-1');
  herdr.session('rp-1')!.broken = true;
  expect((await settle(backend.probe('rp-1', seen))).verdict).toBe('unknown');
});

it('the row that is left of a stopped session is missing, and is written over', async () => {
  const { settle, backend, herdr, remember, killServer } = open();
  const made = await settle(backend.create(spec));
  if (made.outcome !== 'done') throw new Error(made.reason);
  const seen = await remember(made.value, 'launch-1');
  await killServer();
  expect(herdr.session('rp-1')).toBeDefined();
  expect((await settle(backend.probe('rp-1', seen))).verdict).toBe('missing');
  expect(await settle(backend.create({ ...spec, launch: 'launch-2' }))).toMatchObject({ outcome: 'done' });
});
