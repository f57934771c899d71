import type { DAEMON_FAULTS } from '../kinds/daemon.ts';
import type { Fault } from '../scenario.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';

function crash(fault: Extract<Fault, { downMs: number }>, stage: FaultStage): boolean {
  const { incarnation, kernel } = stage.simulation;
  if (!incarnation?.alive) return false;
  stage.fired(fault);
  stage.simulation.crash();
  kernel.schedule(fault.downMs, () => stage.simulation.boot());
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
};
