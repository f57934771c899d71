import type { TMUX_FAULTS } from '../kinds/tmux.ts';
import { chatName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours } from './behaviour.ts';

const NO_SERVER = 'no tmux server is running';

/** Name of a chat's terminal, as its user sees it. */
function terminalOf({ status, scenario }: Simulation, chat: number): string | null {
  const chatId = chatName(scenario, chat);
  return status?.chats.find((view) => view.chatId === chatId)?.terminalName ?? null;
}

export const TMUX_BEHAVIOURS: Behaviours<typeof TMUX_FAULTS> = {
  'tmux-stall': {
    start({ forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.resume());
      return terminals.stall() ? null : NO_SERVER;
    },
    heal: (_fault, { simulation }) => simulation.terminals.resume(),
  },
  'tmux-backlog': {
    start({ forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.resume());
      return terminals.stall(0) ? null : NO_SERVER;
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
  'tmux-socket': {
    start({ how, forMs }, { simulation: { terminals, kernel } }) {
      if (how === 'unlink') return terminals.unlinkSocket() ? null : 'there is no socket';
      if (how === 'recreate') return terminals.recreateSockets() ? null : 'every server has its socket';
      kernel.schedule(forMs, () => terminals.setDirectoryMode(0o700));
      return terminals.setDirectoryMode(0o755) ? null : 'there is no directory of sockets';
    },
    heal(_fault, { simulation: { terminals } }) {
      terminals.setDirectoryMode(0o700);
      terminals.clearUp();
    },
  },
  'tmux-co-tenant': {
    start({ how }, { simulation: { terminals } }) {
      if (how === 'kill-server') terminals.command('kill-server');
      else terminals.command('new-session', '-d', '--', 'worker', 'notes');
      return null;
    },
    heal: (_fault, { simulation }) => simulation.terminals.clearUp(),
  },
  'tmux-by-user': {
    start({ how, chat }, { simulation }) {
      const { terminals } = simulation;
      const name = terminalOf(simulation, chat);
      if (name === null || terminals.livePane(name) === null) return 'its chat has no terminal at this time';
      if (how === 'kill') terminals.command('kill-session', '-t', `=${name}`);
      else if (how === 'rename') terminals.command('rename-session', '-t', `=${name}`, `my ${name}`);
      else terminals.command('new-window', '-t', `=${name}:`, '--', 'worker', 'notes');
      return null;
    },
  },
};
