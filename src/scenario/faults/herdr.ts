import type { HerdrSession } from '../../world/herdr/index.ts';
import type { HERDR_FAULTS } from '../kinds/herdr.ts';
import { chatName, type Fault } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours, FaultStage } from './behaviour.ts';

const NO_SESSION = 'its chat has no herdr session at this time';

const heal = (_fault: Fault, { simulation }: FaultStage) => simulation.terminals.herdr.heal();

/** The session of a chat's terminal, if its server lives. */
function sessionOf({ chat }: { readonly chat: number }, { terminals, scenario, durableChats }: Simulation) {
  const chatId = chatName(scenario, chat);
  const durable = durableChats().find((each) => each.chatId === chatId);
  return durable?.backend === 'herdr' ? terminals.herdr.named(durable.terminalName) : null;
}

/** Sets something for a chat's session, for the time of the fault. */
function setting(set: (session: HerdrSession, on: boolean) => void) {
  return {
    start(fault: { readonly chat: number; readonly forMs: number }, { simulation }: FaultStage) {
      const session = sessionOf(fault, simulation);
      if (!session) return NO_SESSION;
      set(session, true);
      simulation.kernel.schedule(fault.forMs, () => set(session, false));
      return null;
    },
    heal,
  };
}

export const HERDR_BEHAVIOURS: Behaviours<typeof HERDR_FAULTS> = {
  'herdr-stall': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (!session) return NO_SESSION;
      const { herdr } = simulation.terminals;
      herdr.signal(session, 'SIGSTOP');
      simulation.kernel.schedule(fault.forMs, () => herdr.signal(session, 'SIGCONT'));
      return null;
    },
    heal,
  },
  'herdr-unconnected': setting((session, on) => {
    session.broken = on;
  }),
  'herdr-agents-vanish': setting((session, on) => {
    session.hidesAgents = on;
  }),
  'herdr-kill': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (session) simulation.terminals.herdr.signal(session, 'SIGKILL');
      return session ? null : NO_SESSION;
    },
  },
  'herdr-broken': {
    start({ how, forMs }, { simulation: { terminals, kernel } }) {
      kernel.schedule(forMs, () => terminals.herdr.tool.repair());
      terminals.herdr.tool.break(how);
      return null;
    },
    heal,
  },
  'herdr-stops-slowly': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (session) session.stopsSlowly = true;
      return session ? null : NO_SESSION;
    },
    heal,
  },
  'herdr-by-user': {
    start(fault, { simulation }) {
      const session = sessionOf(fault, simulation);
      if (session) simulation.terminals.herdr.stopByUser(session.name, fault.how);
      return session ? null : NO_SESSION;
    },
  },
};
