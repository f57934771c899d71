import type { FrontendEvent } from '../core/ports.ts';
import type { Prompt } from './scenario.ts';

/** A message as its sender sees it. */
export interface SentMessage {
  readonly messageId: string;
  readonly chatId: string;
  readonly prompt: Prompt;
  /** Null until the daemon has answered; it may die before that. */
  answer: 'accepted' | 'refused' | null;
  /** Terminal events that its sender was shown. */
  readonly ends: string[];
}

/** What the users of the daemon did and saw: they know it whatever becomes of the daemon. */
export class Book {
  readonly messages = new Map<string, SentMessage>();
  /** Chats that their users have closed. */
  readonly closedByUser = new Set<string>();
  /** Chats with a front end connected, with the virtual time of their last detach (or null). */
  readonly attached = new Set<string>();
  readonly detachedAt = new Map<string, number>();
  /** Front ends of pairs: their tokens. */
  readonly tuis = new Map<string, string>();

  sent(messageId: string, chatId: string, prompt: Prompt): SentMessage {
    const message: SentMessage = { messageId, chatId, prompt, answer: null, ends: [] };
    this.messages.set(messageId, message);
    return message;
  }

  /** All connections to a daemon end with it. */
  daemonGone(): void {
    this.attached.clear();
    this.detachedAt.clear();
    this.tuis.clear();
  }

  saw(event: FrontendEvent): void {
    if (event.type !== 'turn.ended' && event.type !== 'message.failed') return;
    this.messages.get(event.messageId)?.ends.push(event.type === 'turn.ended' ? event.status : 'failed');
  }
}
