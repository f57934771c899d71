import type { ChatView, DaemonStatus } from '../../core/index.ts';
import { hasCaughtUp } from '../daemon-pauses.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** What users are told of a turn is what became of it. */
class EndsAreTrue implements Checker {
  readonly rule: Rule = {
    id: 'ends-are-true',
    kind: 'safety',
    sentence:
      'A turn is called completed only when it is, and failed only when it did not complete or the end did not get through.',
    source: 'facts/pairs-and-shared-client.md C1 S2, S5, S21; B3 O19, O26',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;

  check(simulation: Simulation): Broken | null {
    const { endings } = simulation.book;
    for (; this.#seen < endings.length; this.#seen++) {
      const broken = judge(endings[this.#seen]!, simulation);
      if (broken) return broken;
    }
    return null;
  }
}

function judge(shown: { readonly messageId: string; readonly status: string }, simulation: Simulation): Broken | null {
  const { providers, book } = simulation;
  const message = book.messages.get(shown.messageId);
  if (!message) return null;
  const subject = `message ${shown.messageId} to ${message.chatId}`;
  const truth = providers.turnOf(shown.messageId);
  if (!truth) return null;
  if (shown.status === 'completed' && truth.status !== 'completed') {
    return { subject, expected: `not completed: its turn ${truth.status}`, seen: 'shown as completed' };
  }
  if (shown.status !== 'failed' || truth.status !== 'completed' || book.closedByUser.has(message.chatId)) return null;
  // A process that is gone, or was not heard, took the end of the turn with it; or it has not been heard yet.
  const { pid, proc, turnId, tooLate } = truth;
  const heard = proc.alive || providers.faults.lastWords.get(proc)?.includes(turnId);
  if (tooLate || providers.isDisturbed(proc) || !heard) return null;
  if (providers.isOnItsWay(pid)) return null;
  return { subject, expected: 'completed, as its provider reported', seen: 'shown as failed' };
}

/** Only its user interrupts a turn. */
class InterruptionsAreTrue implements Checker {
  readonly rule: Rule = {
    id: 'interruptions-are-true',
    kind: 'safety',
    sentence: 'A turn is called interrupted only when its user interrupted it or closed the chat.',
    source: 'facts/pairs-and-shared-client.md B3 O27 (#89974), C1 S2',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;

  check({ book }: Simulation): Broken | null {
    for (; this.#seen < book.endings.length; this.#seen++) {
      const { messageId, status } = book.endings[this.#seen]!;
      const chatId = book.messages.get(messageId)?.chatId;
      if (status !== 'interrupted' || chatId === undefined) continue;
      if (book.interruptedByUser.has(chatId) || book.closedByUser.has(chatId)) continue;
      const subject = `message ${messageId} to ${chatId}`;
      return { subject, expected: 'not interrupted: its user did nothing of the kind', seen: 'shown as interrupted' };
    }
    return null;
  }
}

/** Work that nobody waits for is stopped. */
class NoTurnRunsForNobody implements Checker {
  readonly rule: Rule = {
    id: 'no-turn-runs-for-nobody',
    kind: 'liveness',
    sentence: 'In the end no provider works on a message that its user was told is over.',
    source: 'facts/pairs-and-shared-client.md C1 S5, C2 L1; B3 O23',
  };

  check({ providers, book }: Simulation): Broken | null {
    for (const { pid, lane, words } of providers.runningWork()) {
      const [messageId = ''] = words.split(' ');
      const message = book.messages.get(messageId);
      const over = message
        ? message.ends.length > 0 || book.closedByUser.has(message.chatId)
        : book.helpersOver.has(messageId);
      if (!over) continue;
      return { subject: `${lane}, pid ${pid}`, expected: `no turn for ${messageId}, which is over`, seen: 'it runs' };
    }
    return null;
  }
}

/** Whoever asks for a helper is answered. */
class HelpersEnd implements Checker {
  readonly rule: Rule = {
    id: 'helpers-end',
    kind: 'liveness',
    sentence: 'Every helper ends with an answer or an error.',
    source: 'facts/pairs-and-shared-client.md C2 L1, L3; agmsg #299 (approval left unanswered)',
  };

  check({ book }: Simulation): Broken | null {
    const [helper] = book.helpers;
    return helper === undefined
      ? null
      : { subject: `helper ${helper}`, expected: 'an answer or an error', seen: 'neither' };
  }
}

/** Silence is reported before anything is done about it. */
class StallsAreReported implements Checker {
  readonly rule: Rule = {
    id: 'stalls-are-reported',
    kind: 'safety',
    sentence: 'A turn of which nothing is heard for long is reported as stalled.',
    source: 'facts/pairs-and-shared-client.md A1b (turn phase), B3 O17, C2 L1',
  };
  /** Last moment at which the disk was full: until there is room the daemon itself may not go on with a turn. */
  #fullAt = -1;

  /** Turns: since when, and where the chat has worked since then; a turn goes on where it began when the chat moves. */
  readonly #running = new Map<string, { readonly since: number; readonly lanes: Set<string> }>();
  #status: DaemonStatus | null = null;

  check(simulation: Simulation): Broken | null {
    const { status, providers, book, now, config, machine } = simulation;
    if (machine.files.full) this.#fullAt = now;
    if (!status || status.phase === 'stopping') return null;
    if (status !== this.#status) this.#look(status.chats, simulation);
    this.#status = status;
    for (const [chatId, { since, lanes }] of this.#running) {
      // Before anybody is asked when they were last heard: this is looked at after every step.
      if (now - since <= config.timers.turnStalledMs || (book.stalledAt.get(chatId) ?? -1) >= since) continue;
      const silentMs = now - Math.max(since, this.#fullAt, ...[...lanes].map((lane) => providers.heardAt(lane)));
      // Others on the same process may be heard meanwhile: one report for a turn is all that can be asked for.
      if (silentMs <= config.timers.turnStalledMs || !hasCaughtUp(simulation)) continue;
      const expected = `reported as stalled after ${config.timers.turnStalledMs} ms without a word`;
      return { subject: `the turn of ${chatId}`, expected, seen: `${silentMs} ms of silence, and no report` };
    }
    return null;
  }

  #look(chats: readonly ChatView[], { book, now }: Simulation): void {
    for (const { chatId, busy, provider, pairId } of chats) {
      const since = book.busySince(chatId, busy, now);
      if (since === null) {
        this.#running.delete(chatId);
        continue;
      }
      const lanes = this.#running.get(chatId)?.lanes ?? new Set();
      this.#running.set(chatId, { since, lanes: lanes.add(laneOf(provider, pairId, chatId)) });
    }
  }
}

/** Begins the names of the processes that work for a chat there. */
function laneOf(provider: ChatView['provider'], pairId: string, chatId: string): string {
  return provider === 'codex' ? `codex ${pairId}#` : `claude ${chatId}#`;
}

export function turnCheckers(): Checker[] {
  return [
    new EndsAreTrue(),
    new InterruptionsAreTrue(),
    new StallsAreReported(),
    new NoTurnRunsForNobody(),
    new HelpersEnd(),
  ];
}
