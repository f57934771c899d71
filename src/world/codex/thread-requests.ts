import { UnmodelledError } from '../unmodelled.ts';
import { resumePages, threadObject, threadResult } from './frames.ts';
import { checkUuid, type JsonObject, Refused } from './params.ts';
import type { CodexServer } from './server.ts';
import type { CodexConfig, StoredThread } from './store.ts';
import { LoadedThread } from './thread.ts';
import { TIMING } from './timings.ts';

type RequestId = number | string;
type Refuse = (error: Refused) => void;

const SANDBOXES: readonly string[] = ['read-only', 'danger-full-access'];
const POLICIES: readonly string[] = ['on-request', 'never', 'untrusted'];

/** The requests that name a thread. Each takes its time and is then judged by the state of that moment. */
export class ThreadRequests {
  readonly #server: CodexServer;

  constructor(server: CodexServer) {
    this.#server = server;
  }

  /** Throws {@link Refused} for what is refused at once; what is refused later goes to `refuse`. */
  handle(id: RequestId, method: string, params: JsonObject, refuse: Refuse): void {
    const server = this.#server;
    switch (method) {
      case 'thread/start':
        return server.later(TIMING.threadStart, () => this.#start(id, params));
      case 'thread/resume':
        return this.#resume(id, params, refuse);
      case 'thread/loaded/list':
        return server.later(TIMING.quick, () =>
          server.respond(id, { data: [...server.threads.keys()], nextCursor: null }),
        );
      case 'turn/start':
        return this.#loaded(params).startTurn(id, inputOf(params));
      case 'turn/steer':
        return this.#loaded(params).steer(id, String(params.expectedTurnId), inputOf(params), clientIdOf(params));
      case 'turn/interrupt':
        return this.#loaded(params).interrupt(id, String(params.turnId));
      default:
        throw new UnmodelledError('codex', `the method ${method}`);
    }
  }

  #loaded(params: JsonObject): LoadedThread {
    const threadId = String(params.threadId);
    checkUuid(threadId, 'thread');
    const thread = this.#server.threads.get(threadId);
    if (!thread) throw new Refused(`thread not found: ${threadId}`);
    return thread;
  }

  #start(id: RequestId, params: JsonObject): void {
    const { home, world, proc, clientName } = this.#server;
    const { now } = world;
    const stored = home.create(world.ids.v7(now), now, {
      cwd: typeof params.cwd === 'string' ? params.cwd : proc.cwd,
      originator: clientName,
      approvalPolicy: oneOf(params.approvalPolicy, POLICIES, home.config.approvalPolicy),
      sandbox: oneOf(params.sandbox, SANDBOXES, home.config.sandbox),
    });
    this.#load(stored);
    const object = threadObject(stored, { type: 'idle' }, []);
    this.#server.respond(id, threadResult(stored, object, null));
    this.#server.notify(['thread/started', { thread: object }]);
  }

  #resume(id: RequestId, params: JsonObject, refuse: Refuse): void {
    const server = this.#server;
    const threadId = String(params.threadId);
    checkUuid(threadId, 'session');
    if (params.excludeTurns !== true) {
      throw new UnmodelledError('codex', 'thread/resume with its whole history');
    }
    server.later(TIMING.threadResume, () => {
      const stored = server.home.threads.get(threadId);
      if (!stored?.rollout.exists && !server.threads.has(threadId)) {
        return refuse(new Refused(`no rollout found for thread id ${threadId}`));
      }
      if (stored!.writer !== null && stored!.writer !== server) {
        const words = `thread ${threadId} already has an active writer`;
        for (const [target, what] of CONFLICT_LOG) server.logError(target, `${what}: thread-store conflict: ${words}`);
        return refuse(new Refused(words));
      }
      this.#resumed(id, stored!);
    });
  }

  #resumed(id: RequestId, stored: StoredThread): void {
    const server = this.#server;
    const { threadId } = stored;
    const known = server.threads.get(threadId);
    const thread = known ?? this.#load(stored);
    if (!known) server.notify(['thread/status/changed', { threadId, status: thread.status }]);
    server.respond(id, threadResult(stored, threadObject(stored, thread.status, []), resumePages(stored)));
    thread.replayUsage();
    server.notify(['thread/goal/cleared', { threadId }]);
  }

  #load(stored: StoredThread): LoadedThread {
    stored.writer = this.#server;
    for (const turn of stored.turns) if (turn.status === 'running') turn.status = 'interrupted';
    const thread = new LoadedThread(this.#server, stored, this.#server.threads.size + 1);
    this.#server.threads.set(stored.threadId, thread);
    this.#server.world.changes++;
    return thread;
  }
}

const CONFLICT_LOG = [
  ['codex_core::session::session', 'failed to initialize thread persistence'],
  ['codex_core::session', 'Failed to create session'],
] as const;

function inputOf(params: JsonObject): readonly string[] {
  const items = params.input as readonly { readonly type: string; readonly text?: string }[];
  return items.map(({ type, text }) => {
    if (type !== 'text') throw new UnmodelledError('codex', `input of type ${type}`);
    return text!;
  });
}

function clientIdOf(params: JsonObject): string | null {
  return typeof params.clientUserMessageId === 'string' ? params.clientUserMessageId : null;
}

function oneOf<T extends CodexConfig['sandbox'] | CodexConfig['approvalPolicy']>(
  given: unknown,
  known: readonly string[],
  otherwise: T,
): T {
  if (given === undefined || given === null) return otherwise;
  if (!known.includes(String(given))) {
    throw new UnmodelledError('codex', `the setting ${JSON.stringify(given)}`);
  }
  return given as T;
}
