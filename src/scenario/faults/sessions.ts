import type { SESSION_FAULTS } from '../kinds/sessions.ts';
import { chatName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours } from './behaviour.ts';

const NO_WORKER = 'its chat has no worker at this time';

function workerOf(fault: { readonly chat: number }, { workers, scenario }: Simulation) {
  return workers.of(chatName(scenario, fault.chat)).at(-1) ?? null;
}

export const SESSION_BEHAVIOURS: Behaviours<typeof SESSION_FAULTS> = {
  'worker-end': {
    start(fault, { simulation }) {
      const worker = workerOf(fault, simulation);
      if (!worker) return NO_WORKER;
      if (fault.how === 'SIGKILL') simulation.machine.kill(0, worker.pid, 'SIGKILL');
      else worker.exit(fault.how === 'exit 0' ? 0 : 1);
      return null;
    },
  },
  'worker-cannot-start': {
    start({ code, forMs }, { simulation: { workers, kernel } }) {
      workers.failing = code;
      kernel.schedule(forMs, () => {
        workers.failing = null;
      });
      return null;
    },
    heal(_fault, { simulation }) {
      simulation.workers.failing = null;
    },
  },
  'worker-wedged': {
    start(fault, { simulation }) {
      const worker = workerOf(fault, simulation);
      if (!worker) return NO_WORKER;
      const { machine, kernel } = simulation;
      machine.kill(0, worker.pid, 'SIGSTOP');
      kernel.schedule(fault.forMs, () => machine.kill(0, worker.pid, 'SIGCONT'));
      return null;
    },
    heal(fault, { simulation }) {
      for (const { pid } of simulation.workers.of(chatName(simulation.scenario, fault.chat)))
        simulation.machine.kill(0, pid, 'SIGCONT');
    },
  },
  'worker-ignores-hangup': {
    start(fault, { simulation }) {
      simulation.workers.ignoringHangUp.add(chatName(simulation.scenario, fault.chat));
      return null;
    },
  },
};
