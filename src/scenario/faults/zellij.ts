import type { ZELLIJ_FAULTS } from '../kinds/zellij.ts';
import { chatName, type Fault } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';
import { whenThereIs } from './locks.ts';

const NO_SESSION = 'its chat has no zellij session at this time';

const heal = (_fault: Fault, { simulation }: FaultStage) => simulation.terminals.zellij.heal();

/** The session of a chat's terminal, if its server lives. */
function sessionOf({ chat }: { readonly chat: number }, { terminals, scenario, durableChats }: Simulation) {
  const chatId = chatName(scenario, chat);
  const durable = durableChats().find((each) => each.chatId === chatId);
  return durable?.backend === 'zellij' ? terminals.zellij.named(durable.terminalName) : null;
}

export const ZELLIJ_BEHAVIOURS: Behaviours<typeof ZELLIJ_FAULTS> = {
  'zellij-stall': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (!session) return NO_SESSION;
      const { zellij } = simulation.terminals;
      zellij.signal(session, 'SIGSTOP');
      simulation.kernel.schedule(fault.forMs, () => zellij.signal(session, 'SIGCONT'));
      return null;
    },
    heal,
  },
  'zellij-socket': {
    ...whenThereIs<Extract<Fault, { kind: 'zellij-socket' }>>(NO_SESSION, (fault, simulation) => {
      const session = sessionOf(fault, simulation);
      if (!session?.panes.length) return false;
      session.socket = fault.how;
      if (fault.how === 'refused') return true;
      simulation.kernel.schedule(fault.forMs, () => {
        if (session.socket === 'error') session.socket = 'listens';
      });
      return true;
    }),
    heal,
  },
  'zellij-kill': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (session) simulation.terminals.zellij.signal(session, 'SIGKILL');
      return session ? null : NO_SESSION;
    },
  },
  'zellij-broken': {
    start({ how, forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.zellij.tool.repair());
      terminals.zellij.tool.break(how);
      return null;
    },
    heal,
  },
  'zellij-by-user': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (session) simulation.terminals.zellij.act(session.name, fault.how);
      return session ? null : NO_SESSION;
    },
  },
};
