import type { Frontend, FrontendEvent } from '../ports.ts';

/** What is kept for a chat without a front end: so many events, and so many characters in them. */
export const OUTBOX_EVENTS = 100;
export const OUTBOX_CHARACTERS = 4 * 1024 * 1024;

type TextDelta = Extract<FrontendEvent, { type: 'text.delta' }>;

interface Kept {
  readonly events: FrontendEvent[];
  characters: number;
  dropped: number;
}

/**
 * Between the daemon and its front ends: what happens to a chat while nobody is connected is kept, within bounds, and
 * shown in order when somebody is. Every event is shown once or counted as dropped (facts A1c, buffer caps).
 */
export class Outbox implements Frontend {
  readonly #frontend: Frontend;
  readonly #attached = new Set<string>();
  readonly #kept = new Map<string, Kept>();

  constructor(frontend: Frontend) {
    this.#frontend = frontend;
  }

  publish(event: FrontendEvent): void {
    if (this.#attached.has(event.chatId)) this.#frontend.publish(event);
    else this.#keep(event);
  }

  /** A front end is there: shows it what was kept. */
  open(chatId: string): void {
    this.#attached.add(chatId);
    const kept = this.#kept.get(chatId);
    if (!kept) return;
    this.#kept.delete(chatId);
    if (kept.dropped > 0) {
      const text = `${kept.dropped} events were dropped while nobody was connected.`;
      this.#frontend.publish({ type: 'notice', chatId, code: 'events-dropped', text });
    }
    for (const event of kept.events) this.#frontend.publish(event);
  }

  /** The front end went away. */
  close(chatId: string): void {
    this.#attached.delete(chatId);
  }

  /** The chat is over: nobody will ask for what is kept. */
  forget(chatId: string): void {
    this.close(chatId);
    this.#kept.delete(chatId);
  }

  #keep(event: FrontendEvent): void {
    const kept = this.#kept.get(event.chatId) ?? { events: [], characters: 0, dropped: 0 };
    this.#kept.set(event.chatId, kept);
    const last = kept.events.at(-1);
    if (event.type === 'text.delta' && last?.type === 'text.delta' && fits(last, event)) {
      kept.events[kept.events.length - 1] = { ...last, text: last.text + event.text };
    } else {
      kept.events.push(event);
    }
    kept.characters += sizeOf(event);
    while (kept.events.length > OUTBOX_EVENTS || (kept.characters > OUTBOX_CHARACTERS && kept.events.length > 1)) {
      kept.characters -= sizeOf(kept.events.shift()!);
      kept.dropped++;
    }
  }
}

/** Pieces of one turn's text are kept as one, up to a size: what is dropped is dropped in events. */
function fits(last: TextDelta, next: TextDelta): boolean {
  return last.turnId === next.turnId && last.text.length + next.text.length <= OUTBOX_CHARACTERS / OUTBOX_EVENTS;
}

/** Texts of unbounded length in an event. */
function sizeOf(event: FrontendEvent): number {
  switch (event.type) {
    case 'text.delta':
    case 'notice':
      return event.text.length;
    case 'tool':
    case 'approval.requested':
      return event.title.length;
    case 'message.failed':
    case 'turn.ended':
      return event.error?.length ?? 0;
    default:
      return 0;
  }
}
