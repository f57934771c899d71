import type { ChatView, DaemonStatus } from '../../core/index.ts';
import type { Book } from '../book.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** Room is made of what nobody uses. */
class OnlyTheUnusedIsSuspended implements Checker {
  readonly rule: Rule = {
    id: 'only-the-unused-is-suspended',
    kind: 'safety',
    sentence:
      'By itself the daemon suspends a terminal only while it keeps more than it may, and only one that nobody uses.',
    source: 'facts/sessions-and-locks.md A1.3 (idle cap suspend); C S1, S4',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;
  /** What the daemon had to go by. */
  #before: DaemonStatus | null = null;

  check({ status, book, config, now }: Simulation): Broken | null {
    const before = this.#before;
    this.#before = status;
    if (book.suspensions.length === this.#seen) return null;
    const suspended = book.suspensions.slice(this.#seen).filter((chatId) => !book.suspendedByUser.has(chatId));
    this.#seen = book.suspensions.length;
    if (suspended.length === 0 || !before) return null;
    const { maxTerminals, unusedMs } = config.sessions;
    const surplus = keptIn(before).length - maxTerminals;
    const [chatId = ''] = suspended;
    const expected = `kept: its user did not suspend it`;
    if (suspended.length > surplus) {
      const kept = `${keptIn(before).length} terminals, of ${maxTerminals} that may be`;
      return { subject: `chat ${chatId}`, expected, seen: `${suspended.length} suspended while there were ${kept}` };
    }
    for (const chatId of suspended) {
      const chat = before.chats.find((each) => each.chatId === chatId);
      const why = chat && isUsed(chat, book, now - unusedMs);
      if (why) return { subject: `chat ${chatId}`, expected, seen: `suspended, and ${why}` };
    }
    return null;
  }
}

/** There is an end to how many terminals a machine can have. */
class TerminalsAreFew implements Checker {
  readonly rule: Rule = {
    id: 'terminals-are-few',
    kind: 'liveness',
    sentence: 'In the end the daemon keeps no more terminals than it may, apart from those in use.',
    source: 'facts/sessions-and-locks.md A1.3 (idle cap suspend)',
  };

  check({ status, book, config, now }: Simulation): Broken | null {
    if (!status) return null;
    const { maxTerminals, unusedMs } = config.sessions;
    const kept = keptIn(status);
    const unused = kept.filter((chat) => chat.session === 'active' && isUsed(chat, book, now - unusedMs) === null);
    const surplus = Math.min(kept.length - maxTerminals, unused.length);
    if (surplus <= 0) return null;
    const subject = `the terminal of chat ${unused[0]!.chatId}`;
    return { subject, expected: `suspended: ${maxTerminals} are to be kept`, seen: `there are ${kept.length}` };
  }
}

/** Terminals of its own that the daemon knows to be there and means to keep. */
function keptIn({ chats }: DaemonStatus): readonly ChatView[] {
  return chats.filter(
    ({ status, terminal, adopted, session }) =>
      status === 'open' && terminal === 'present' && !adopted && session !== 'suspended',
  );
}

/** Why somebody would miss it; null when nobody would. `since`: what was done before that is over; virtual ms. */
function isUsed({ chatId, attached, busy }: ChatView, book: Book, since: number): string | null {
  if (attached) return 'its front end is connected';
  if (busy) return 'its turn runs';
  const typed = book.inputs.some((input) => input.chatId === chatId && input.at > since && input.outcome !== 'refused');
  if (typed) return 'something was typed into it';
  for (const { sentAt, answer, ...message } of book.messages.values()) {
    if (message.chatId === chatId && sentAt > since && answer === 'accepted') return 'it was sent a message';
  }
  return null;
}

export const roomCheckers = (): Checker[] => [new OnlyTheUnusedIsSuspended(), new TerminalsAreFew()];
