import { Kept } from '../kept.ts';
import type { ChatLock } from '../locks/chat-lock.ts';
import type { Turn } from '../providers/types.ts';
import type { SessionRow } from '../sessions/session-store.ts';
import type { ChatView } from '../status.ts';
import type { ChatRow, ChatStatus, Provider } from '../store/rows.ts';
import type { Conversation } from './conversation.ts';
import type { SerialQueue } from './serial-queue.ts';

/**
 * What is known of a chat's terminal. `unmade`: it never had one. `present` and `absent` come from positive evidence;
 * everything else is `unknown`.
 */
export type TerminalKnowledge = 'unmade' | 'present' | 'absent' | 'unknown';

/** A conversation homed on one pair, while the daemon runs. What must outlive the daemon is in the store. */
export class Chat {
  readonly chatId: string;
  readonly provider: Provider;
  /** Where its own thread lives. Another one when this pair is destroyed. */
  homePairId: string;
  /** Its user chose that pair: it does not take seats elsewhere by itself. */
  readonly pinned: boolean;
  readonly cwd: string;
  /** Of an exclusive chat, on its working directory; null for others. */
  lock: ChatLock | null = null;
  /** Resolves when its thread can be loaded at its home: a former home may have to let go of it first. */
  moved: Promise<void> = Promise.resolve();
  session: SessionRow;
  status: ChatStatus;
  resumeKey: string | null;
  terminal: TerminalKnowledge;
  /** When its terminal was last needed for a message, shown or typed into; monotonic ms. */
  usedAt = 0;
  /** Everything that touches the chat's terminal or conversation goes through here, in order. */
  readonly queue: SerialQueue;
  /** Set once, when the daemon has loaded or opened the chat. */
  conversation!: Conversation;
  /** What users are told of it. */
  readonly view = new Kept<ChatView>();
  /** The turn that runs now. */
  turn: Turn | null = null;
  /** Messages that are being taken, and are not durable yet. */
  arriving = 0;
  /** Messages that were taken and are not over. */
  unfinished = 0;
  /** The first of them is waiting or on its way to the provider, and its user already wants its turn to end. */
  interruptWanted = false;
  /** The last stretch without room on the disk of which its users were told. */
  toldOfFullDisk = 0;
  /** Approvals that the provider waits for. */
  readonly approvals = new Set<string>();
  /** Resolves when its user closes the chat; whoever waits for a turn stops waiting then. */
  readonly closed: Promise<void>;
  readonly announceClosed: () => void;
  #attached = false;
  #attachments = 0;

  constructor(row: ChatRow, session: SessionRow, queue: SerialQueue) {
    this.chatId = row.chatId;
    this.provider = row.provider;
    this.homePairId = row.homePairId;
    this.pinned = row.pinned;
    this.cwd = row.cwd;
    this.session = session;
    this.status = row.status;
    this.resumeKey = row.resumeKey;
    this.terminal = session.seen.launch === null && !session.adopted ? 'unmade' : 'unknown';
    this.queue = queue;
    let announce = () => {};
    this.closed = new Promise((resolve) => {
      announce = resolve;
    });
    this.announceClosed = announce;
  }

  get open(): boolean {
    return this.status === 'open';
  }

  /** A front end is connected. */
  get attached(): boolean {
    return this.#attached;
  }

  attach(): void {
    this.#attached = true;
    this.#attachments++;
  }

  /** Returns a question: has a front end come back since? */
  detach(): () => boolean {
    this.#attached = false;
    const attachments = this.#attachments;
    return () => this.#attachments !== attachments;
  }
}
