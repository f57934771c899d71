import type { Proc } from '../../world/proc.ts';
import type { HOST_FAULTS } from '../kinds/host.ts';
import { chatName, type Fault, pairName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';
import { processOf } from './locks.ts';

/** A process that took over a pid starts so long after the one that had it: another clock tick. */
const REUSED_AFTER_MS = 20;

type PidReused = Extract<Fault, { kind: 'pid-reused' }>;

export const HOST_BEHAVIOURS: Behaviours<typeof HOST_FAULTS> = {
  'host-reboot': {
    start({ tmp, downMs }, { simulation }) {
      const { machine, book, kernel } = simulation;
      machine.reboot();
      if (tmp === 'wiped') machine.files.remove('/tmp');
      book.daemonGone();
      kernel.schedule(downMs, () => simulation.boot());
      return null;
    },
  },
  'pid-reused': { start: reusePid },
  'clock-step': {
    start({ byMs }, { simulation }) {
      simulation.machine.clockStepMs += byMs;
      return null;
    },
  },
  'second-daemon': {
    start: (_fault, { simulation }) => {
      simulation.bootRival();
      return null;
    },
  },
};

function reusePid(fault: PidReused, { simulation }: FaultStage): string | null {
  const { incarnation, machine, kernel } = simulation;
  if (!incarnation?.alive) return 'no daemon is running';
  const target = targetOf(simulation, fault, incarnation.proc);
  if (!target) return 'there is no such process at this time';
  simulation.crash();
  if (target.alive) machine.kill(0, target.pid, 'SIGKILL');
  kernel.schedule(REUSED_AFTER_MS, () => startStranger(simulation, target.pid));
  kernel.schedule(fault.downMs, () => simulation.boot());
  return null;
}

function targetOf(simulation: Simulation, { of, chat }: PidReused, daemon: Proc): Proc | null {
  const { scenario, providers } = simulation;
  switch (of) {
    case 'daemon':
      return daemon;
    case 'app-server': {
      const pairId = pairName(scenario, scenario.chats[chat % scenario.chats.length]!.pair);
      return providers.live().find(({ lane }) => lane.startsWith(`codex ${pairId}#`))?.proc ?? null;
    }
    case 'claude':
    case 'worker': {
      const proc = processOf(simulation, chatName(scenario, chat));
      return (proc?.argv[0] === 'claude') === (of === 'claude') ? proc : null;
    }
  }
}

/** A program of the same user that has nothing to do with the daemon. It runs in a directory of its own. */
function startStranger(simulation: Simulation, pid: number): void {
  const { machine } = simulation;
  machine.reusePidNext(pid);
  const stranger = machine.start({
    argv: ['stranger'],
    program: () => {},
    parent: null,
    newGroup: true,
    uid: 1000,
    cwd: '/home/dev/elsewhere',
    env: {},
    sink: { stdout() {}, stderr() {}, exited() {} },
  });
  simulation.strangers.add(stranger);
}
