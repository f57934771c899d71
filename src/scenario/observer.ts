import type { FrontendEvent } from '../core/ports.ts';
import type { DaemonStatus } from '../core/status.ts';

/** Something that the users of one pair saw. */
export interface Sight {
  /** Virtual ms. */
  readonly time: number;
  /** `seq` of the last trace entry before it. */
  readonly seq: number;
  readonly text: string;
}

/** Something that the daemon ended for good. */
export interface Destroyed {
  /** E.g. `the terminal of chat c1`. */
  readonly what: string;
  readonly time: number;
  readonly seq: number;
}

/** What each pair and its chats showed to their users during one run, without what differs from run to run anyway. */
export class Observer {
  /** By pair. */
  readonly sights = new Map<string, Sight[]>();
  /** Without an answer to the questions about it. */
  readonly destroyed: Destroyed[] = [];
  /** Chats that have ended, on whatever evidence. */
  readonly givenUp: Destroyed[] = [];
  /** How far each daemon got, in order: when it had `restored` and when each pair was live first; virtual ms. */
  readonly daemons: Map<string, number>[] = [];
  readonly #homeOf: (chatId: string) => string | undefined;
  readonly #messages = new Map<string, Map<string, string>>();

  constructor(homeOf: (chatId: string) => string | undefined) {
    this.#homeOf = homeOf;
  }

  event(event: FrontendEvent, time: number, seq: number): void {
    // Whose write finds it full depends on when others write.
    if (event.type === 'notice' && event.code === 'disk-full') return;
    const pairId = this.#homeOf(event.chatId);
    if (pairId !== undefined) this.saw(pairId, this.#text(pairId, event), time, seq);
  }

  /** `count`: how many daemons there have been; `status`: of the last one, if it runs. */
  daemon(count: number, status: DaemonStatus | null, time: number): void {
    while (this.daemons.length < count) this.daemons.push(new Map());
    const reached = this.daemons.at(-1);
    if (!status || !reached) return;
    if (status.phase === 'running' && !reached.has('restored')) reached.set('restored', time);
    for (const { pairId, appServer } of status.pairs)
      if (appServer === 'live' && !reached.has(pairId)) reached.set(pairId, time);
  }

  saw(pairId: string, text: string, time: number, seq: number): void {
    const sights = this.sights.get(pairId) ?? [];
    this.sights.set(pairId, sights);
    sights.push({ time, seq, text });
  }

  gaveUp(chat: Destroyed, blindly: boolean): void {
    this.givenUp.push(chat);
    if (blindly) this.destroyed.push(chat);
  }

  /** No ids of turns, processes and terminals; messages are counted for each pair. */
  #text(pairId: string, event: FrontendEvent): string {
    const head = `${event.chatId} ${event.type}`;
    switch (event.type) {
      case 'message.delivered':
        return `${head} ${this.#message(pairId, event.messageId)}`;
      case 'message.failed':
        return `${head} ${this.#message(pairId, event.messageId)} ${kindOfError(event.error)}`;
      case 'turn.ended':
        return `${head} ${this.#message(pairId, event.messageId)} ${event.status} ${kindOfError(event.error ?? '')}`;
      case 'text.delta':
        return `${head} ${event.text}`;
      case 'tool':
        return `${head} ${event.title} ${event.status}`;
      case 'approval.requested':
        return `${head} ${event.title}`;
      case 'notice':
        return `${head} ${event.code}`;
      default:
        return head;
    }
  }

  #message(pairId: string, messageId: string): string {
    const known = this.#messages.get(pairId) ?? new Map<string, string>();
    this.#messages.set(pairId, known);
    const name = known.get(messageId) ?? `message ${known.size + 1}`;
    known.set(messageId, name);
    return name;
  }
}

/** Errors begin with their class; behind it they name processes. */
function kindOfError(error: string): string {
  return error.slice(0, error.indexOf(':') + 1 || error.length);
}
