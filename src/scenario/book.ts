import type { FrontendEvent } from '../core/ports.ts';
import type { Prompt } from './scenario.ts';

/** A message as its sender sees it. */
export interface SentMessage {
  readonly messageId: string;
  readonly chatId: string;
  readonly prompt: Prompt;
  /** Null until the daemon has answered; it may die before that. */
  answer: 'accepted' | 'refused' | null;
  /** Virtual ms. */
  readonly sentAt: number;
  /** Terminal events that its sender was shown. */
  readonly ends: string[];
}

/** What the users of the daemon did and saw: they know it whatever becomes of the daemon. */
export class Book {
  readonly messages = new Map<string, SentMessage>();
  /** Chats that their users have closed. */
  readonly closedByUser = new Set<string>();
  /** Chats whose terminals their users have suspended. */
  readonly suspendedByUser = new Set<string>();
  /** Chats whose terminals the daemon has suspended, for whatever reason, in order. */
  readonly suspensions: string[] = [];
  /** Terminals that front ends were shown, with the workers that ran when they asked or were started since. */
  readonly wakes: { readonly chatId: string; readonly panePid: number; readonly live: readonly number[] }[] = [];
  /** What users have typed into terminals. `endedBefore`: workers of the chat that had ended by then. */
  readonly inputs: {
    readonly inputId: string;
    readonly chatId: string;
    readonly endedBefore: number;
    /** Virtual ms. */
    readonly at: number;
    outcome: string | null;
  }[] = [];
  /** Chats with a front end connected, with the virtual time of their last detach (or null). */
  readonly attached = new Set<string>();
  readonly detachedAt = new Map<string, number>();
  /** When a chat's front end asked for another seat. */
  readonly movedAt = new Map<string, number>();
  /** Notices that users were shown, in order. */
  readonly notices: { readonly chatId: string; readonly code: string; readonly text: string }[] = [];
  /** Where the TUIs of each pair connect, as people remember it. */
  readonly ports = new Map<string, number>();
  /** Pairs that were forgotten, and how often. */
  readonly forgets = new Map<string, number>();
  /** Ends of turns as the daemon reports them, in order. */
  readonly endings: { readonly messageId: string; readonly status: string }[] = [];
  /** Chats whose users have interrupted a turn. */
  readonly interruptedByUser = new Set<string>();
  /** Helpers that were asked for and have not answered; and those that have, or whose daemon is gone. */
  readonly helpers = new Set<string>();
  readonly helpersOver = new Set<string>();
  readonly #helpersAskedAt = new Map<string, number>();
  /** Messages that were sent to see whether all works again, by chat; and the chats for which it does. */
  readonly tryOuts = new Map<string, SentMessage>();
  readonly served = new Set<string>();
  readonly #triedOut = new Map<string, number>();
  /** When the daemon last reported the turn of a chat as stalled. */
  readonly stalledAt = new Map<string, number>();
  /** Locks that people have taken and not ended. */
  readonly heldByHand = new Map<string, string>();
  /** How often somebody has ended the lock on each directory. */
  readonly #unlocked = new Map<string, number>();
  readonly #busySince = new Map<string, number>();
  /** Goes up with each request about a pair, and each answer. */
  requests = 0;
  /** Ends of messages that users were shown. */
  shownEnds = 0;
  /** Requests about each pair that have not been answered. */
  readonly #asked = new Map<string, number>();

  sent(messageId: string, chatId: string, prompt: Prompt, sentAt: number): SentMessage {
    const message: SentMessage = { messageId, chatId, prompt, answer: null, sentAt, ends: [] };
    this.messages.set(messageId, message);
    return message;
  }

  /** All connections to a daemon end with it. */
  daemonGone(): void {
    this.attached.clear();
    this.detachedAt.clear();
    this.#asked.clear();
    this.#busySince.clear();
    for (const helper of this.helpers) this.helperOver(helper);
  }

  /** Somebody asks for a lock on a directory; the result says that they have it. */
  locksByHand(directory: string): (lockId: string) => void {
    const unlocked = this.#unlocked.get(directory);
    return (lockId) => {
      if (this.#unlocked.get(directory) === unlocked) this.heldByHand.set(lockId, directory);
    };
  }

  /** Somebody asks for the end of the lock on a directory: from now on it may be gone. */
  unlocksByHand(directory: string): void {
    this.#unlocked.set(directory, (this.#unlocked.get(directory) ?? 0) + 1);
    for (const [lockId, where] of this.heldByHand) if (where === directory) this.heldByHand.delete(lockId);
  }

  helperAsked(helper: string, now: number): void {
    this.helpers.add(helper);
    this.#helpersAskedAt.set(helper, now);
  }

  /** What the daemon reports to its operators. */
  logged(type: string, fields: Readonly<Record<string, unknown>>, now: number): void {
    if (type === 'turn.stalled') this.stalledAt.set(String(fields.turn), now);
    if (type === 'session.state' && fields.state === 'suspended') this.suspensions.push(String(fields.chat));
    if (type !== 'turn.ended') return;
    this.endings.push({ messageId: String(fields.message), status: String(fields.status) });
  }

  /** Counts the try-outs of a chat, this one included. */
  triedOut(chatId: string): number {
    const count = (this.#triedOut.get(chatId) ?? 0) + 1;
    this.#triedOut.set(chatId, count);
    return count;
  }

  /** When somebody asked for this message or helper. */
  askedAt(id: string): number | null {
    return this.messages.get(id)?.sentAt ?? this.#helpersAskedAt.get(id) ?? null;
  }

  helperOver(helper: string): void {
    this.helpers.delete(helper);
    this.helpersOver.add(helper);
  }

  /** Since when a chat has been busy; null while it is not. To be called whenever that may have changed. */
  busySince(chatId: string, busy: boolean, now: number): number | null {
    if (!busy) {
      this.#busySince.delete(chatId);
      return null;
    }
    const since = this.#busySince.get(chatId) ?? now;
    this.#busySince.set(chatId, since);
    return since;
  }

  /** Somebody asks something about a pair; the result says that it was answered. */
  asksOf(pairId: string): () => void {
    this.requests++;
    this.#asked.set(pairId, this.asking(pairId) + 1);
    return () => {
      this.requests++;
      this.#asked.set(pairId, Math.max(0, this.asking(pairId) - 1));
    };
  }

  /** How many requests about this pair have no answer yet. */
  asking(pairId: string): number {
    return this.#asked.get(pairId) ?? 0;
  }

  get askingAnything(): boolean {
    for (const count of this.#asked.values()) if (count > 0) return true;
    return false;
  }

  forgotten(pairId: string): void {
    this.requests++;
    this.ports.delete(pairId);
    this.forgets.set(pairId, (this.forgets.get(pairId) ?? 0) + 1);
  }

  saw(event: FrontendEvent): void {
    if (event.type === 'notice') this.notices.push(event);
    if (event.type !== 'turn.ended' && event.type !== 'message.failed') return;
    const status = event.type === 'turn.ended' ? event.status : 'failed';
    const message = this.messages.get(event.messageId);
    message?.ends.push(status);
    this.shownEnds++;
    if (message && status === 'completed' && this.tryOuts.get(message.chatId) === message)
      this.served.add(message.chatId);
  }
}
