import type { Proc } from '../../world/proc.ts';
import type { PROVIDER_FAULTS } from '../kinds/providers.ts';
import { chatName, pairName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours } from './behaviour.ts';

const NO_APP_SERVER = 'its pair has no app-server at this time';

/** The daemon's youngest live child in a lane that begins so, e.g. `codex p1#`. */
export function runningChild({ incarnation }: Simulation, lanePrefix: string): Proc | null {
  const children = [...(incarnation?.children.values() ?? [])];
  return children.findLast(({ lane, proc }) => lane.startsWith(lanePrefix) && proc?.alive)?.proc ?? null;
}

/** The app-server of a fault's pair. */
export function appServerOf(fault: { readonly pair: number }, simulation: Simulation): Proc | null {
  return runningChild(simulation, `codex ${pairName(simulation.scenario, fault.pair)}#`);
}

export const PROVIDER_BEHAVIOURS: Behaviours<typeof PROVIDER_FAULTS> = {
  'app-server-exit': {
    start(fault, { simulation }) {
      const proc = appServerOf(fault, simulation);
      if (!proc) return NO_APP_SERVER;
      if (fault.how === 'exit') proc.exit(1);
      else simulation.machine.kill(0, proc.pid, 'SIGKILL');
      return null;
    },
  },
  'transport-cut': {
    start(fault, { simulation }) {
      const proc = appServerOf(fault, simulation);
      if (!proc) return NO_APP_SERVER;
      simulation.providers.disturb(proc);
      simulation.incarnation?.children.get(proc.pid)?.breakStdin();
      return null;
    },
  },
  'thread-closed': {
    start(fault, stage) {
      const { simulation } = stage;
      const proc = appServerOf(fault, simulation);
      if (!proc) return NO_APP_SERVER;
      const pairId = pairName(simulation.scenario, fault.pair);
      const closed = (): void => {
        // A TUI whose thread it was goes with it.
        simulation.tuis.left(pairId);
        stage.fired(fault);
      };
      return simulation.providers.closeThread(proc, fault.which, () => !simulation.healed, closed)
        ? 'something ran on it'
        : 'there are no threads';
    },
  },
  'turn-taken': {
    start(fault, stage) {
      const { simulation } = stage;
      const proc = appServerOf(fault, simulation);
      if (!proc) return NO_APP_SERVER;
      simulation.providers.faults.takeTurn(proc, fault.told === 'stub', () => stage.fired(fault));
      return 'no turn was asked for';
    },
    heal: (_, { simulation }) => simulation.providers.faults.takeNoTurns(),
  },
  'claude-kill': {
    start(fault, { simulation }) {
      const proc = runningChild(simulation, `claude ${chatName(simulation.scenario, fault.chat)}#`);
      if (!proc) return 'its chat has no claude process at this time';
      simulation.machine.kill(0, proc.pid, 'SIGKILL');
      return null;
    },
  },
  'model-error': {
    start(fault, stage) {
      const { modelFaults, kernel } = stage.simulation;
      modelFaults.start(fault, () => stage.fired(fault));
      kernel.schedule(fault.forMs, () => modelFaults.stop(fault));
      return 'no request met it';
    },
    heal: (fault, { simulation }) => simulation.modelFaults.stop(fault),
  },
};
