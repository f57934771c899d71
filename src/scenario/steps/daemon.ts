import type { DAEMON_STEPS } from '../kinds/daemon.ts';
import type { Acts } from './act.ts';

export const DAEMON_ACTS: Acts<typeof DAEMON_STEPS> = {
  restart: (_step, users) => users.simulation.restart(),
  reconfigure: ({ backend }, { simulation }) => {
    simulation.config = { ...simulation.config, defaultBackend: backend };
    simulation.restart();
  },
};
