import type { DurableChat } from '../durable.ts';
import { setupOf } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import { asksTmuxAlone } from '../terminal-wish.ts';
import type { KilledSession } from '../terminals-truth.ts';
import type { Rule } from '../verdict.ts';
import { isUsers } from '../workers-truth.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** The reason for all care about probes. */
class LiveSessionsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'live-sessions-are-kept',
    kind: 'safety',
    sentence: 'A live session is never closed: a chat whose terminal is alive ends only when its user closes it.',
    source: 'facts/sessions-and-locks.md C S1, S2; A3 2, 3, 6',
  };
  readonly watches: readonly Source[] = ['chats', 'workers'];

  check({ durableChatsLeft, terminals, workers, book }: Simulation): Broken | null {
    for (const { chatId, status, terminalName } of durableChatsLeft()) {
      if (book.closedByUser.has(chatId)) continue;
      const worker = workers.of(chatId).find(({ pid }) => terminals.keeps(pid));
      if (!worker) continue;
      return {
        subject: `chat ${chatId}`,
        expected: `open: its terminal ${terminalName} is there and its process ${worker.pid} is alive`,
        seen: `the daemon moved it to '${status}'; its user never closed it`,
      };
    }
    return null;
  }
}

/** Whatever became of its terminal: a conversation that can go on is its user's. */
class ConversationsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'conversations-are-kept',
    kind: 'safety',
    sentence: 'A chat with something to resume ends only when its user closes it, never because something is absent.',
    source: 'facts/sessions-and-locks.md C S2; A3 4 (b260f405), 5 (2fe71089)',
  };
  readonly watches: readonly Source[] = ['chats'];

  check({ durableChatsLeft, book }: Simulation): Broken | null {
    for (const { chatId, status, resumable } of durableChatsLeft()) {
      if (!resumable || book.closedByUser.has(chatId)) continue;
      return {
        subject: `chat ${chatId}`,
        expected: 'open: it was given messages, and its conversation can go on',
        seen: `the daemon moved it to '${status}'; its user never closed it`,
      };
    }
    return null;
  }
}

/** Luck is no excuse: what happens to be dead may not be given up for a question that was not answered. */
class NothingEndsWithoutAnAnswer implements Checker {
  readonly rule: Rule = {
    id: 'nothing-ends-without-an-answer',
    kind: 'safety',
    sentence: 'Nothing is given up because of a question that was not answered: not a chat, not a terminal.',
    source: 'facts/sessions-and-locks.md C S1 (taint); A2.6 H1, H4, H5, H8',
  };
  readonly watches: readonly Source[] = ['chats'];
  readonly #judged = new Set<string>();

  check({ durableChatsLeft, book, commands, scenario }: Simulation): Broken | null {
    for (const { chatId, status, terminalName } of durableChatsLeft()) {
      if (!asksTmuxAlone(setupOf(scenario, chatId))) continue;
      if (status !== 'ended' || book.closedByUser.has(chatId) || this.#judged.has(chatId)) continue;
      this.#judged.add(chatId);
      const last = commands.lastAnswer.get(terminalName);
      if (last?.kind === 'known') continue;
      return {
        subject: `chat ${chatId}`,
        expected: 'open: the last question about its terminal was not answered',
        seen: `ended; tmux: ${last?.words ?? 'never asked'}`,
      };
    }
    return null;
  }
}

class OnlyClosedChatsLoseTheirTerminal implements Checker {
  readonly rule: Rule = {
    id: 'only-closed-chats-lose-terminals',
    kind: 'safety',
    sentence:
      "The daemon ends only terminals of chats that their users closed, or that are suspended, and nobody else's; a worker that a server keeps is not signalled.",
    source: 'facts/sessions-and-locks.md C S4, S5; A3 16; facts/tmux.md 3 (prefix match)',
  };

  check({ terminals, workers, durableChats, book }: Simulation): Broken | null {
    for (const killed of terminals.takeKilled()) {
      if (killed.livePids.length === 0) continue;
      const chat = killed.users ? undefined : durableChats().find((each) => isTerminalOf(killed, each));
      if (chat && isGivenUp(chat, book)) continue;
      return {
        subject: chat ? `chat ${chat.chatId}` : `session ${killed.name}, which is not the daemon's`,
        expected: 'its terminal is left alone: nobody closed it',
        seen: 'a command of the daemon ended it',
      };
    }
    for (const { chatId, pid, kept } of workers.takeToldToEnd()) {
      if (!kept || durableChats().some((chat) => chat.chatId === chatId && isGivenUp(chat, book))) continue;
      const expected = `its worker ${pid} is left alone: a server keeps its terminal`;
      return { subject: `chat ${chatId}`, expected, seen: 'the daemon sent it SIGTERM' };
    }
    return null;
  }
}

/** Its user closed the chat; or its terminal is suspended, for which the rules in `room.ts` want a reason. */
function isGivenUp({ chatId, state }: DurableChat, book: Simulation['book']): boolean {
  return book.closedByUser.has(chatId) || state === 'suspended';
}

/** A user may have renamed it. */
function isTerminalOf({ name }: KilledSession, { terminalName }: DurableChat): boolean {
  return name === terminalName || name === `my ${terminalName}`;
}

class ClosedMeansGone implements Checker {
  readonly rule: Rule = {
    id: 'closed-means-gone',
    kind: 'safety',
    sentence: 'When a chat is called closed, its terminal is gone: asking tmux to kill it is not enough.',
    source: 'facts/sessions-and-locks.md C S3, S7; A3 7 (b5e4385e), 15 (7d0c6427)',
  };
  readonly watches: readonly Source[] = ['chats', 'workers'];

  check({ durableChatsLeft, workers }: Simulation): Broken | null {
    for (const { chatId, status, terminalName } of durableChatsLeft()) {
      if (status !== 'closed') continue;
      // A terminal that it had adopted is its user's.
      const worker = workers.of(chatId).find((each) => !isUsers(each));
      if (!worker) continue;
      return {
        subject: `chat ${chatId}`,
        expected: 'no terminal any more',
        seen: `its worker ${worker.pid} lives, started in ${terminalName}`,
      };
    }
    return null;
  }
}

class ZombiesEnd implements Checker {
  readonly rule: Rule = {
    id: 'zombies-end',
    kind: 'liveness',
    sentence: 'A chat whose terminal is gone and that has nothing to resume ends; a closed chat loses its terminal.',
    source: 'facts/sessions-and-locks.md A3 1 (882c3a21), C L7, S7',
  };

  check({ durableChats, terminals, workers }: Simulation): Broken | null {
    for (const { chatId, status, state, hadTerminal, resumable } of durableChats()) {
      const live = workers.of(chatId);
      // Nobody can do anything about a terminal whose server lost its socket.
      const outOfReach = live.some(
        ({ pid }) => terminals.shutOut || (terminals.keeps(pid) && !terminals.canReach(pid)),
      );
      if (status === 'closing' && !outOfReach) {
        return { subject: `chat ${chatId}`, expected: 'closed: its user closed it', seen: 'still closing' };
      }
      if (status === 'open' && state === 'active' && hadTerminal && live.length === 0 && !resumable) {
        return {
          subject: `chat ${chatId}`,
          expected: 'ended: its terminal is gone, nothing can be resumed',
          seen: 'open',
        };
      }
    }
    return null;
  }
}

/** The price of never giving up on doubt is bounded. */
class DeadTerminalsAreNoticed implements Checker {
  readonly rule: Rule = {
    id: 'dead-terminals-are-noticed',
    kind: 'liveness',
    sentence: 'A terminal that is gone is known to be gone before long, and a suspended one is gone.',
    source: 'facts/sessions-and-locks.md C L7, S7; A3 6 (its first fix hung)',
  };

  check({ status, workers, terminals }: Simulation): Broken | null {
    for (const { chatId, status: chat, session, terminal } of status?.chats ?? []) {
      if (chat !== 'open') continue;
      const [worker] = workers.of(chatId);
      const subject = `the terminal of chat ${chatId}`;
      if (worker === undefined && (terminal === 'present' || terminal === 'unknown')) {
        return { subject, expected: 'known to be gone: its worker has ended', seen: terminal };
      }
      if (worker && session === 'suspended' && terminals.canReach(worker.pid)) {
        return { subject, expected: 'ended: it is suspended', seen: `its worker ${worker.pid} runs` };
      }
    }
    return null;
  }
}

/** That it is neither ended nor signalled is said above; the simulated tmux knows no command that gives it another size. */
class AdoptedTerminalsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'adopted-terminals-are-kept',
    kind: 'safety',
    sentence: 'A chat works beside the terminal that it adopted for as long as that lives.',
    source: 'facts/sessions-and-locks.md A2.6 H7; A3 8; C S5, S1',
  };
  readonly watches: readonly Source[] = ['chats', 'workers'];

  check({ scenario, durableChats, workers, terminals }: Simulation): Broken | null {
    if (!scenario.chats.some(({ adopts }) => adopts === 'tmux')) return null;
    for (const { chatId, status, adopted } of durableChats()) {
      const pane = workers.of(chatId).find((worker) => isUsers(worker) && terminals.keeps(worker.pid));
      if (!pane) continue;
      if (status !== 'open' || adopted) continue;
      const subject = `the terminal that chat ${chatId} adopted`;
      return { subject, expected: `kept: its process ${pane.pid} is alive`, seen: 'given up for gone' };
    }
    return null;
  }
}

/** Another program may run beside it, but never instead of what was chosen. */
class BackendsAreFrozen implements Checker {
  readonly rule: Rule = {
    id: 'backends-are-frozen',
    kind: 'safety',
    sentence: "A chat's terminals are always kept by the program that was chosen when the chat was opened.",
    source: 'facts/sessions-and-locks.md C S9; A3 19',
  };
  readonly watches: readonly Source[] = ['workers'];
  #seen = 0;

  check({ scenario, workers, terminals }: Simulation): Broken | null {
    for (; this.#seen < workers.starts.length; this.#seen++) {
      const { chatId, pid } = workers.starts[this.#seen]!;
      if (!/^c\d/.test(chatId)) continue;
      const setup = setupOf(scenario, chatId);
      const keeper = terminals.keeperOf(pid);
      const chosen = setup.adopts === 'tmux' ? 'tmux' : (setup.backend ?? 'tmux');
      if (keeper === null || keeper === chosen) continue;
      return { subject: `the terminal of chat ${chatId}`, expected: `in ${chosen}`, seen: `in ${keeper}` };
    }
    return null;
  }
}

export function terminalCheckers(): Checker[] {
  return [
    new LiveSessionsAreKept(),
    new ConversationsAreKept(),
    new NothingEndsWithoutAnAnswer(),
    new OnlyClosedChatsLoseTheirTerminal(),
    new AdoptedTerminalsAreKept(),
    new BackendsAreFrozen(),
    new ClosedMeansGone(),
    new ZombiesEnd(),
    new DeadTerminalsAreNoticed(),
  ];
}
