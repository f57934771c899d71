import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

const TERMINAL = new Set(['completed', 'interrupted', 'failed']);

export class MessagesAreAnswered implements Checker {
  readonly rule: Rule = {
    id: 'messages-are-answered',
    kind: 'liveness',
    sentence: 'Every accepted message is delivered or answered with an error.',
    source: 'facts/sessions-and-locks.md C L1; facts/pairs-and-shared-client.md C1 S7',
  };

  check({ book, durableMessages }: Simulation): Broken | null {
    const stored = durableMessages();
    for (const { messageId, chatId, answer } of book.messages.values()) {
      if (answer !== 'accepted') continue;
      const status = stored.get(messageId)?.status ?? 'not in the database';
      if (TERMINAL.has(status)) continue;
      return { subject: `message ${messageId} to ${chatId}`, expected: 'a terminal status', seen: status };
    }
    return null;
  }
}

export class TerminalStatusOnce implements Checker {
  readonly rule: Rule = {
    id: 'terminal-status-once',
    kind: 'safety',
    sentence: 'A message gets exactly one terminal status, and it never changes.',
    source: 'design.md 7 (a terminal status is written once); facts/sessions-and-locks.md C L6',
  };
  readonly watches: readonly Source[] = ['daemon'];

  #seen = 0;

  check({ book }: Simulation): Broken | null {
    if (book.shownEnds === this.#seen) return null;
    this.#seen = book.shownEnds;
    for (const { messageId, chatId, ends } of book.messages.values()) {
      if (ends.length <= 1) continue;
      return { subject: `message ${messageId} to ${chatId}`, expected: 'one terminal status', seen: ends.join(', ') };
    }
    return null;
  }
}

export class MessagesReachProvidersOnce implements Checker {
  readonly rule: Rule = {
    id: 'messages-reach-providers-once',
    kind: 'safety',
    sentence: 'No message is given to a provider twice.',
    source: 'facts/sessions-and-locks.md C S11; facts/pairs-and-shared-client.md C1 S7',
  };
  readonly watches: readonly Source[] = ['providers'];

  check({ providers }: Simulation): Broken | null {
    const twice = providers.messageGivenTwice();
    if (twice === null) return null;
    return { subject: `message ${twice}`, expected: 'given to a provider once', seen: 'given to a provider again' };
  }
}
