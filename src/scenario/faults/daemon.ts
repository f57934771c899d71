import type { Incarnation } from '../../world/incarnation.ts';
import type { DAEMON_FAULTS } from '../kinds/daemon.ts';
import type { Fault } from '../scenario.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';

type Frozen = Extract<Fault, { kind: 'daemon-frozen' }>;

function crash(fault: Extract<Fault, { downMs: number }>, stage: FaultStage): boolean {
  const { incarnation, kernel } = stage.simulation;
  if (!incarnation?.alive) return false;
  stage.fired(fault);
  stage.simulation.crash();
  kernel.schedule(fault.downMs, () => stage.simulation.boot());
  return true;
}

/** False when it does not run anyway. */
function freeze({ pauses }: Incarnation, fault: Frozen, stage: FaultStage): boolean {
  if (pauses.frozen) return false;
  stage.fired(fault);
  pauses.freeze();
  stage.simulation.kernel.schedule(fault.forMs, () => pauses.wake(fault.first));
  return true;
}

export const DAEMON_BEHAVIOURS: Behaviours<typeof DAEMON_FAULTS> = {
  'daemon-crash': {
    start: (fault, stage) => (crash(fault, stage) ? null : 'no daemon is running'),
  },
  'daemon-crash-at-write': {
    arm(fault, stage) {
      let commits = 0;
      stage.simulation.onCommit.push(() => {
        commits++;
        if (commits === fault.write) crash(fault, stage);
      });
      return 'the daemon did not write that often';
    },
  },
  'daemon-frozen': {
    start(fault, stage) {
      const { incarnation } = stage.simulation;
      if (!incarnation?.alive) return 'no daemon is running';
      if (fault.when === 'now') return freeze(incarnation, fault, stage) ? null : 'the daemon does not run as it is';
      const { children } = incarnation;
      let done = false;
      const asks = (): void => {
        if (!done && !stage.simulation.healed) done = freeze(incarnation, fault, stage);
      };
      for (const pipes of children.values()) pipes.watchStdin(asks);
      stage.simulation.onSpawn.push((_lane, pid) => children.get(pid)?.watchStdin(asks));
      return 'the daemon wrote to no provider';
    },
    heal: ({ first }, { simulation }) => simulation.incarnation?.pauses.wake(first),
  },
};
