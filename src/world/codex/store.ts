import type { CodexIds } from './ids.ts';
import type { JsonObject } from './params.ts';

/** What config.toml says, as far as it shows on the wire. */
export interface CodexConfig {
  /** Version of the program. */
  readonly version: string;
  readonly model: string;
  readonly modelProvider: string;
  /** The provider's `base_url`, as it appears in error messages. */
  readonly modelUrl: string;
  readonly approvalPolicy: 'on-request' | 'never' | 'untrusted';
  /** `unset`: read-only too, and shown as a permission profile. */
  readonly sandbox: 'unset' | 'read-only' | 'danger-full-access';
  /** Attempts after the first: for one request (5xx only), and for a failed stream. codex's own defaults are 4 and 5. */
  readonly requestRetries: number;
  readonly streamRetries: number;
}

export const DEFAULT_CONFIG: CodexConfig = {
  version: '0.169.0',
  model: 'gpt-5.5',
  modelProvider: 'loopback',
  modelUrl: 'http://127.0.0.1:8911/v1',
  approvalPolicy: 'on-request',
  sandbox: 'unset',
  requestRetries: 0,
  streamRetries: 0,
};

/** The thread's file, as far as cursors into it show on the wire: numbers of its records (measured record by record). */
export class Rollout {
  #records = 0;
  /** Record with which the last turn began, and the one that holds the last finished item. */
  turnOrdinal = 0;
  itemOrdinal = 0;

  get exists(): boolean {
    return this.#records > 0;
  }

  beginTurn(): void {
    const first = this.#records === 0;
    if (first) this.#records = 1;
    this.turnOrdinal = this.#records;
    this.#records += first ? 6 : 2;
  }

  item(): void {
    this.itemOrdinal = this.#records++;
  }

  add(records: number): void {
    this.#records += records;
  }
}

/** A turn as the thread's file has it. `running` on disk means: its server died. */
export interface StoredTurn {
  readonly turnId: string;
  readonly words: string;
  status: 'running' | 'completed' | 'interrupted' | 'failed';
}

/** One entry of the conversation as the next request to the model repeats it. `item` is an item of the Responses API. */
export interface HistoryEntry {
  readonly by: 'user' | 'model' | 'tool';
  readonly text: string;
  readonly item: JsonObject;
}

/** A thread on disk; outlives its servers. */
export interface StoredThread {
  readonly threadId: string;
  readonly home: CodexHome;
  readonly cwd: string;
  readonly path: string;
  readonly originator: string;
  readonly approvalPolicy: CodexConfig['approvalPolicy'];
  readonly sandbox: CodexConfig['sandbox'];
  readonly createdAtMs: number;
  updatedAtMs: number;
  recencyAtMs: number;
  readonly turns: StoredTurn[];
  readonly history: HistoryEntry[];
  /** Exists from the first accepted turn on. Before that no other process can resume the thread (measured). */
  readonly rollout: Rollout;
  /** The process that has it loaded; only that one may write. */
  writer: object | null;
  firstUnreadTurnId: string | null;
  /** Requests made to the model so far, in all processes. */
  modelSteps: number;
  totalInput: number;
  totalOutput: number;
  lastInput: number;
  lastOutput: number;
  /** The turn that last reported usage. */
  usageTurnId: string | null;
}

/** One CODEX_HOME: what app-servers that share it have in common. */
export class CodexHome {
  readonly path: string;
  readonly config: CodexConfig;
  readonly installationId: string;
  readonly threads = new Map<string, StoredThread>();
  /** A server has started in it before; the next one starts faster. */
  used = false;

  constructor(path: string, config: CodexConfig, ids: CodexIds) {
    this.path = path;
    this.config = config;
    this.installationId = ids.v4();
  }

  create(threadId: string, nowMs: number, request: ThreadRequest): StoredThread {
    const day = new Date(nowMs).toISOString();
    const stamp = day.slice(0, 19).replaceAll(':', '-');
    const thread: StoredThread = {
      threadId,
      home: this,
      cwd: request.cwd,
      path: `${this.path}/sessions/${day.slice(0, 10).replaceAll('-', '/')}/rollout-${stamp}-${threadId}.jsonl`,
      originator: request.originator,
      approvalPolicy: request.approvalPolicy,
      sandbox: request.sandbox,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      recencyAtMs: nowMs,
      turns: [],
      history: [],
      rollout: new Rollout(),
      writer: null,
      firstUnreadTurnId: null,
      modelSteps: 0,
      totalInput: 0,
      totalOutput: 0,
      lastInput: 0,
      lastOutput: 0,
      usageTurnId: null,
    };
    this.threads.set(threadId, thread);
    return thread;
  }
}

export interface ThreadRequest {
  readonly cwd: string;
  readonly originator: string;
  readonly approvalPolicy: CodexConfig['approvalPolicy'];
  readonly sandbox: CodexConfig['sandbox'];
}
