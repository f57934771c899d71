import type { DaemonStatus } from '../../core/index.ts';
import type { Proc } from '../../world/proc.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** Whoever has a seat knows it, and the other way round. */
export class ClaimsAreSymmetric implements Checker {
  readonly rule: Rule = {
    id: 'claims-are-symmetric',
    kind: 'safety',
    sentence: "A TUI's seat is claimed by an open chat that works there, and a chat has one seat.",
    source: 'facts/pairs-and-shared-client.md C1 S4; A2 leak 2 (ghost claims); A4 B03, B04',
  };
  readonly watches: readonly Source[] = ['status'];

  check({ status }: Simulation): Broken | null {
    if (!status) return null;
    const seats = new Map<string, string>();
    for (const { pairId, slot } of status.pairs) {
      const chatId = slot?.claimedBy;
      if (!chatId) continue;
      const other = seats.get(chatId);
      if (other) return { subject: `chat ${chatId}`, expected: 'one seat', seen: `seats at ${other} and ${pairId}` };
      seats.set(chatId, pairId);
    }
    for (const { chatId, paired, pairId, status: is } of status.chats) {
      const seat = seats.get(chatId);
      seats.delete(chatId);
      if (paired ? seat === pairId : seat === undefined) {
        if (!paired || is === 'open') continue;
        return { subject: `chat ${chatId}`, expected: 'no seat: it is over', seen: `the seat of ${pairId}` };
      }
      const expected = seat ? `it works at ${seat}, where it has the seat` : `it works in a thread of its own`;
      return { subject: `chat ${chatId}`, expected, seen: `it works ${paired ? 'at the TUI of' : 'at'} ${pairId}` };
    }
    for (const [chatId, pairId] of seats) {
      return { subject: `pair ${pairId}`, expected: 'a seat for a chat that there is', seen: `claimed by ${chatId}` };
    }
    return null;
  }
}

/** Where each chat has worked so far. */
class Places {
  readonly #of = new Map<string, string[]>();
  #status: DaemonStatus | null = null;

  look(status: DaemonStatus | null): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const { chatId, pairId } of status?.chats ?? []) {
      const places = this.#of.get(chatId);
      if (!places) this.#of.set(chatId, [pairId]);
      else if (places.at(-1) !== pairId) places.push(pairId);
    }
  }

  of(chatId: string): readonly string[] {
    return this.#of.get(chatId) ?? [];
  }
}

/** A message reaches the pair where its chat works. */
export class MessagesGoWhereTheChatWorks implements Checker {
  readonly rule: Rule = {
    id: 'messages-go-where-the-chat-works',
    kind: 'safety',
    sentence: "A chat's message reaches an app-server of the pair where it works, and no other.",
    source: 'facts/pairs-and-shared-client.md C1 S1; A3 M01; A4 B01 (ebea1d3)',
  };
  readonly watches: readonly Source[] = ['status', 'providers'];
  #seen = 0;
  readonly #places = new Places();

  check(simulation: Simulation): Broken | null {
    const { status, book, providers } = simulation;
    this.#places.look(status);
    for (; this.#seen < providers.deliveries.length; this.#seen++) {
      const { server, words } = providers.deliveries[this.#seen]!;
      const message = book.messages.get(words.slice(0, words.indexOf(' ')));
      const lane = laneOf(simulation, server.proc);
      if (!message || lane === null) continue;
      const places = this.#places.of(message.chatId);
      if (places.includes(lane)) continue;
      const expected = `at ${places.at(-1)}, where ${message.chatId} works`;
      return { subject: `message ${message.messageId}`, expected, seen: `it reached the app-server of ${lane}` };
    }
    return null;
  }
}

/** The pair whose app-server this process is. */
function laneOf({ incarnations }: Simulation, proc: Proc): string | null {
  for (const { children } of incarnations) {
    const child = children.get(proc.pid);
    if (child?.proc !== proc) continue;
    return child.lane.slice('codex '.length, child.lane.indexOf('#'));
  }
  return null;
}

/** What users are told about pairs happened, and each time once. */
export class NoticesAreTrue implements Checker {
  readonly rule: Rule = {
    id: 'notices-are-true',
    kind: 'safety',
    sentence:
      'Users are told that an app-server or a TUI was lost or the disk is full when it was, each time once, and only if it is theirs.',
    source: 'facts/pairs-and-shared-client.md C1 S2, S15; A2 leak 3; A4 B41, B37',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;
  /** Told so often: by chat, what and pair. */
  readonly #told = new Map<string, number>();
  readonly #places = new Places();
  readonly #fullDisks = new FullDisks();

  check(simulation: Simulation): Broken | null {
    const { book } = simulation;
    this.#places.look(simulation.status);
    this.#fullDisks.look(simulation);
    for (; this.#seen < book.notices.length; this.#seen++) {
      const { chatId, code, text } = book.notices[this.#seen]!;
      const untrue = code === 'disk-full' ? this.#fullDisks.toldTooOften(chatId) : null;
      if (untrue) return untrue;
      const pairId = /of pair (\S+)/.exec(text)?.[1];
      if (pairId === undefined || (code !== 'app-server-lost' && code !== 'tui-disconnected')) continue;
      if (!this.#places.of(chatId).includes(pairId)) {
        const expected = `nothing about ${pairId}, where it never worked`;
        return { subject: `chat ${chatId}`, expected, seen: `it was told '${code}'` };
      }
      const key = `${chatId} ${code} ${pairId}`;
      const told = (this.#told.get(key) ?? 0) + 1;
      this.#told.set(key, told);
      const happened =
        code === 'app-server-lost' ? appServersLost(simulation, pairId) : simulation.tuis.departures(pairId);
      if (told <= happened) continue;
      const seen = `it was told '${code}' ${told} times`;
      return { subject: `chat ${chatId}`, expected: `${pairId} has lost it ${happened} times`, seen };
    }
    return null;
  }
}

/** How often daemons have found the disk full at most: each new one finds that anew. */
class FullDisks {
  #times = 0;
  /** The daemon that finds it full now; 0 while there is room. */
  #finder = 0;
  readonly #told = new Map<string, number>();

  look({ machine, incarnations }: Simulation): void {
    const finder = machine.files.full ? incarnations.length : 0;
    if (finder !== 0 && finder !== this.#finder) this.#times++;
    this.#finder = finder;
  }

  toldTooOften(chatId: string): Broken | null {
    const told = (this.#told.get(chatId) ?? 0) + 1;
    this.#told.set(chatId, told);
    if (told <= this.#times) return null;
    const expected = `told that the disk is full at most ${this.#times} times`;
    return { subject: `chat ${chatId}`, expected, seen: `it was told so ${told} times` };
  }
}

/** App-servers of this pair that have ended, cannot be written to or did not answer, in all daemons so far. */
function appServersLost({ incarnations, providers }: Simulation, pairId: string): number {
  let lost = 0;
  for (const { children } of incarnations) {
    for (const { lane, proc, writable } of children.values()) {
      if (!lane.startsWith(`codex ${pairId}#`)) continue;
      if (!proc?.alive || !writable || providers.isDisturbed(proc)) lost++;
    }
  }
  return lost;
}

/** What happened while nobody looked is not lost without a word. */
export class EndsAreShown implements Checker {
  readonly rule: Rule = {
    id: 'ends-are-shown',
    kind: 'liveness',
    sentence:
      'Whoever is connected to a chat has been shown the end of each of its messages, or that events were dropped.',
    source: 'facts/pairs-and-shared-client.md A1 (codex_to_claude is buffered), A1c (buffer caps); A4 B36; C1 S7',
  };

  check({ book, durableMessages, incarnations }: Simulation): Broken | null {
    // Only the daemon that saw an end can show it.
    if (incarnations.length > 1) return null;
    const stored = durableMessages();
    for (const { messageId, chatId, ends } of book.messages.values()) {
      if (!book.attached.has(chatId) || ends.length > 0) continue;
      const status = stored.get(messageId)?.status;
      if (status !== 'completed' && status !== 'interrupted' && status !== 'failed') continue;
      if (book.notices.some((notice) => notice.chatId === chatId && notice.code === 'events-dropped')) continue;
      return { subject: `message ${messageId} to ${chatId}`, expected: `its end is shown: ${status}`, seen: 'nothing' };
    }
    return null;
  }
}

export const seatCheckers = (): Checker[] => [
  new ClaimsAreSymmetric(),
  new MessagesGoWhereTheChatWorks(),
  new NoticesAreTrue(),
  new EndsAreShown(),
];
