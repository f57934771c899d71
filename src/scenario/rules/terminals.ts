import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker } from './checker.ts';

/** The reason for all care about probes. */
export class LiveSessionsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'live-sessions-are-kept',
    kind: 'safety',
    sentence: 'A live session is never closed: a chat whose terminal is alive ends only when its user closes it.',
    source: 'facts/sessions-and-locks.md C S1, S2; A3 2, 3, 6',
  };

  check({ durableChatsLeft, terminals, book }: Simulation): Broken | null {
    for (const { chatId, status, terminalName } of durableChatsLeft()) {
      if (book.closedByUser.has(chatId)) continue;
      const pane = terminals.livePane(terminalName);
      if (pane === null) continue;
      return {
        subject: `chat ${chatId}`,
        expected: `open: its terminal ${terminalName} is there and its process ${pane} is alive`,
        seen: `the daemon moved it to '${status}'; its user never closed it`,
      };
    }
    return null;
  }
}

export class OnlyClosedChatsLoseTheirTerminal implements Checker {
  readonly rule: Rule = {
    id: 'only-closed-chats-lose-terminals',
    kind: 'safety',
    sentence: "The daemon kills only terminals of chats that their users closed, and nobody else's.",
    source: 'facts/sessions-and-locks.md C S4, S5; facts/tmux.md 3 (prefix match)',
  };

  check({ terminals, durableChats, book }: Simulation): Broken | null {
    for (const name of terminals.takeKilled()) {
      const chat = durableChats().find(({ terminalName }) => terminalName === name);
      if (chat && book.closedByUser.has(chat.chatId)) continue;
      return {
        subject: chat ? `chat ${chat.chatId}` : `session ${name}, which is not the daemon's`,
        expected: 'its terminal is left alone: nobody closed it',
        seen: 'a kill-session of the daemon ended it',
      };
    }
    return null;
  }
}

export class ClosedMeansGone implements Checker {
  readonly rule: Rule = {
    id: 'closed-means-gone',
    kind: 'safety',
    sentence: 'When a chat is called closed, its terminal is gone: asking tmux to kill it is not enough.',
    source: 'facts/sessions-and-locks.md C S3, S7; A3 7 (b5e4385e)',
  };

  check({ durableChatsLeft, terminals }: Simulation): Broken | null {
    for (const { chatId, status, terminalName } of durableChatsLeft()) {
      if (status !== 'closed') continue;
      const pane = terminals.livePane(terminalName);
      if (pane === null) continue;
      return {
        subject: `chat ${chatId}`,
        expected: 'no terminal any more',
        seen: `process ${pane} lives in ${terminalName}`,
      };
    }
    return null;
  }
}

export class ZombiesEnd implements Checker {
  readonly rule: Rule = {
    id: 'zombies-end',
    kind: 'liveness',
    sentence: 'A chat whose terminal is gone and that has nothing to resume ends; a closed chat loses its terminal.',
    source: 'facts/sessions-and-locks.md A3 1 (882c3a21), C L7, S7',
  };

  check({ durableChats, terminals }: Simulation): Broken | null {
    for (const { chatId, status, terminalName, hadTerminal, resumable } of durableChats()) {
      if (status === 'closing') {
        return { subject: `chat ${chatId}`, expected: 'closed: its user closed it', seen: 'still closing' };
      }
      const gone = terminals.livePane(terminalName) === null;
      if (status === 'open' && hadTerminal && gone && !resumable) {
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
