import type { TMUX_FAULTS } from '../kinds/tmux.ts';
import type { Behaviours } from './behaviour.ts';

const NO_SERVER = 'no tmux server is running';

export const TMUX_BEHAVIOURS: Behaviours<typeof TMUX_FAULTS> = {
  'tmux-stall': {
    start({ forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.resume());
      return terminals.stall() ? null : NO_SERVER;
    },
    heal: (_fault, { simulation }) => simulation.terminals.resume(),
  },
  'tmux-kill': {
    start: (_fault, { simulation }) => (simulation.terminals.killServers() ? null : NO_SERVER),
  },
  'tmux-broken': {
    start({ how, forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.repairBinary());
      terminals.breakBinary(how);
      return null;
    },
    heal: (_fault, { simulation }) => simulation.terminals.repairBinary(),
  },
};
