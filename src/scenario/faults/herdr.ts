import type { HerdrSession } from '../../world/herdr/index.ts';
import type { HERDR_FAULTS } from '../kinds/herdr.ts';
import { chatName, type Fault } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviour, Behaviours, FaultStage } from './behaviour.ts';
import { whenThereIs } from './locks.ts';

const NO_SESSION = 'its chat has no herdr session at this time';

const heal = (_fault: Fault, { simulation }: FaultStage) => simulation.terminals.herdr.heal();

/** The session of a chat's terminal, if its server lives. */
function sessionOf({ chat }: { readonly chat: number }, { terminals, scenario, durableChats }: Simulation) {
  const chatId = chatName(scenario, chat);
  const durable = durableChats().find((each) => each.chatId === chatId);
  return durable?.backend === 'herdr' ? terminals.herdr.named(durable.terminalName) : null;
}

/** Sets something for a chat's session, for the time of the fault, as soon as there is one. */
function setting<Kind extends 'herdr-unconnected' | 'herdr-agents-vanish'>(
  set: (session: HerdrSession, on: boolean) => void,
): Behaviour<Kind> {
  type Lasting = Extract<Fault, { kind: 'herdr-unconnected' | 'herdr-agents-vanish' }>;
  const behaviour = whenThereIs<Lasting>(NO_SESSION, (fault, simulation) => {
    const session = sessionOf(fault, simulation);
    if (!session?.agents.length) return false;
    set(session, true);
    simulation.kernel.schedule(fault.forMs, () => set(session, false));
    return true;
  });
  return { ...behaviour, heal } as Behaviour<Kind>;
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
      if (session) simulation.terminals.herdr.act(session.name, fault.how);
      return session ? null : NO_SESSION;
    },
  },
};
