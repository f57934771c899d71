import type { ChatgptTokens, ChildEvents, Ports, ProcessIdentity, RefreshResult, Timer } from '../../ports.ts';
import type { AbortNotice } from '../abort.ts';
import { localFailure } from '../failure.ts';
import { StderrTail } from '../stderr-tail.ts';
import type { ClientEnd, Failure, Outcome, ProviderCommand, Turn, TurnSink } from '../types.ts';
import { Connection } from './connection.ts';
import { ServerProcess } from './server-process.ts';
import { REFRESH, refuseRequest } from './server-requests.ts';
import { CodexThread } from './thread.ts';
import { REAUTHENTICATE, REFRESH_FAILED } from './token-refresh.ts';
import type { TurnContext } from './turn.ts';
import { versionComplaint } from './version.ts';
import { object, type RequestId, text, type WireObject } from './wire.ts';

export type CodexPorts = Pick<Ports, 'clock' | 'ids' | 'log' | 'processes'>;

/** A server that works answers within a second, also on a busy machine. */
const PING = { timeoutMs: 5_000 };
const UNANSWERED: ReadonlySet<string> = new Set(['timed-out', 'transport', 'aborted']);

/** After end of file on stdout, how long to wait for the exit that normally is behind it. */
const MUTE_MS = 1_000;

export interface CodexClientOptions {
  /** `codex app-server` and its working directory and environment. */
  readonly command: ProviderCommand;
  /** Names this process in logs, timers and recordings, e.g. `codex work#1`. */
  readonly lane: string;
  /** Sent in `initialize`; the server puts `name` and `version` in front of its user agent. */
  readonly clientInfo: { readonly name: string; readonly title: string; readonly version: string };
  /** Told of the process before anything is said to it; the start waits for that. */
  readonly onSpawned?: (identity: ProcessIdentity) => Promise<void>;
  /** Deadline in ms for the answer to `initialize`. A cold start takes 130-600 ms. At least 100. */
  readonly initializeTimeoutMs: number;
  /** Deadline in ms for the answer to any other request. At least 100. */
  readonly requestTimeoutMs: number;
  /** Told when the handshake is over; what follows is authentication. */
  readonly onInitialized?: () => void;
  /** Ends a start that nobody waits for any more. */
  readonly abort?: AbortNotice;
  /** Tokens to log in with, and where new ones come from when the model's API refuses them. Default: codex's own login. */
  readonly account?: {
    readonly tokens: ChatgptTokens;
    /** Must answer within 9,000 ms and never reject. */
    readonly refresh: () => Promise<RefreshResult>;
  };
}

/**
 * One `codex app-server` process: started, initialised once, shared by any number of threads and owners. What happens to
 * one thread never touches another; only the end of the process or of its pipes ends them all.
 */
export class CodexClient {
  readonly lane: string;
  readonly #ports: CodexPorts;
  readonly #options: CodexClientOptions;
  readonly #stderr = new StderrTail();
  readonly #threads = new Map<string, CodexThread>();
  readonly #connection: Connection;
  readonly #context: TurnContext;
  readonly #endListeners = new Set<(end: ClientEnd) => void>();
  readonly #suspectListeners = new Set<(reason: string) => void>();
  readonly #threadListeners = new Set<(threadId: string) => void>();
  #suspect: string | null = null;
  #mute: Timer | null = null;
  #process: ServerProcess | null = null;
  #end: ClientEnd | null = null;
  #userAgent = '';

  private constructor(ports: CodexPorts, options: CodexClientOptions) {
    this.#ports = ports;
    this.#options = options;
    this.lane = options.lane;
    this.#connection = new Connection(ports, options.lane, (data) => this.#process?.child.write(data) ?? false, {
      notification: (method, params) => this.#notification(method, params),
      request: (id, method, params) => this.#request(id, method, params),
    });
    this.#context = {
      ports,
      connection: this.#connection,
      lane: options.lane,
      requestTimeoutMs: options.requestTimeoutMs,
    };
  }

  /** Starts a server and initialises it. When that fails the process has been ended before this resolves. Never rejects. */
  static async start(ports: CodexPorts, options: CodexClientOptions): Promise<Outcome<CodexClient>> {
    const client = new CodexClient(ports, options);
    const failure = await client.#start();
    return failure ? { ok: false, failure } : { ok: true, value: client };
  }

  /** Of the server process. */
  get identity(): ProcessIdentity {
    if (!this.#process) throw new Error(`${this.lane} has not been started`);
    return this.#process.child.identity;
  }

  /** What the server calls itself, e.g. `reprise/0.169.0 (Debian 12.0.0; x86_64) …`. */
  get userAgent(): string {
    return this.#userAgent;
  }

  /** How the client ended, or null while it can be used. */
  get end(): ClientEnd | null {
    return this.#end;
  }

  /** Calls back once when the client ends, at once if it has. By then its turns have ended and its requests failed. */
  onEnd(callback: (end: ClientEnd) => void): void {
    if (this.#end) callback(this.#end);
    else this.#endListeners.add(callback);
  }

  /** Calls back once when nobody new should use this client, at once if that is so: its login cannot be renewed. */
  onSuspect(callback: (reason: string) => void): void {
    if (this.#suspect !== null) callback(this.#suspect);
    else this.#suspectListeners.add(callback);
  }

  /** Calls back each time that the server has unloaded a thread of its own accord; what ran on it has ended by then. */
  onThreadClosed(callback: (threadId: string) => void): void {
    this.#threadListeners.add(callback);
  }

  /** Turns can be started on this thread. */
  hasThread(threadId: string): boolean {
    return this.#threads.has(threadId);
  }

  /** For how many ms the server has not sent a single frame, of whatever thread. */
  get silentMs(): number {
    return this.#connection.silentMs;
  }

  /** Any answer will do, a refusal too. */
  async answers(): Promise<boolean> {
    if (this.#end) return false;
    const outcome = await this.#connection.request('thread/loaded/list', {}, PING);
    return outcome.ok || !UNANSWERED.has(outcome.failure.class);
  }

  /** Creates a thread working in `cwd` and gives its id. After a time-out it may exist all the same, unknown to us. */
  async startThread(request: { readonly cwd: string }): Promise<Outcome<string>> {
    return this.#openThread('thread/start', { cwd: request.cwd });
  }

  /** Loads a stored thread, so that turns can be started on it. At once when this client has it loaded. */
  async resumeThread(threadId: string): Promise<Outcome<string>> {
    if (this.#threads.has(threadId)) return { ok: true, value: threadId };
    return this.#openThread('thread/resume', { threadId, excludeTurns: true });
  }

  /**
   * Sends `words` as the next turn of a thread that this client has started or resumed. Refused here (`rejected`) while a
   * turn runs on it: the server would steer that turn. Events may reach `sink` before the promise resolves.
   */
  async startTurn(threadId: string, words: string, sink: TurnSink): Promise<Outcome<Turn>> {
    const thread = this.#threads.get(threadId);
    if (this.#end) return { ok: false, failure: this.#endFailure(this.#end, 'turn/start', false) };
    if (thread) return thread.startTurn(words, sink);
    const message = `thread ${threadId} is not loaded: start or resume it first`;
    return { ok: false, failure: localFailure('rejected', message, false) };
  }

  /**
   * Ends stdin, gives the server 1,000 ms to exit, then kills its process group and looks whether it is gone. Its turns
   * fail as `aborted` at once. Resolves with how it ended, by then with its exit status. Idempotent, never rejects.
   */
  async close(why = `${this.lane} was closed`): Promise<ClientEnd> {
    this.#finish({ kind: 'closed', code: null, signal: null, message: why });
    const end = this.#end!;
    const stopped = await this.#process?.stop();
    if (!stopped) return end;
    if (stopped.kind === 'uncertain') return { ...end, message: `${end.message}; its end could not be confirmed` };
    return { ...end, code: stopped.code, signal: stopped.signal };
  }

  async #start(): Promise<Failure | null> {
    const { command, lane, clientInfo, initializeTimeoutMs } = this.#options;
    const { file, args, cwd, env } = command;
    const request = env ? { file, args, cwd, env, lane } : { file, args, cwd, lane };
    const spawned = await ServerProcess.spawn(this.#ports, request, this.#childEvents());
    if (!spawned.ok) return spawned.failure;
    this.#process = spawned.value;
    await this.#options.onSpawned?.(this.identity);
    const ignore = this.#options.abort?.onAbort(() => void this.close());
    const failure = (await this.#initialize(initializeTimeoutMs, clientInfo)) ?? (await this.#logIn());
    ignore?.();
    if (failure) await this.close();
    return failure;
  }

  async #initialize(timeoutMs: number, clientInfo: CodexClientOptions['clientInfo']): Promise<Failure | null> {
    const capabilities = { experimentalApi: this.#options.account !== undefined, requestAttestation: false };
    const answer = await this.#connection.request('initialize', { clientInfo, capabilities }, { timeoutMs });
    if (!answer.ok) {
      const { failure } = answer;
      return { ...failure, message: failure.class === 'transport' ? failure.message : this.#explain(failure.message) };
    }
    this.#userAgent = text(answer.value.userAgent) ?? '';
    const complaint = versionComplaint(this.#userAgent);
    if (complaint !== null) return localFailure('unavailable', `${this.lane} cannot be used: ${complaint}`, false);
    this.#connection.notify('initialized');
    this.#options.onInitialized?.();
    return null;
  }

  async #logIn(): Promise<Failure | null> {
    const { account, requestTimeoutMs } = this.#options;
    if (!account) return null;
    const params = { type: 'chatgptAuthTokens', ...account.tokens };
    const answer = await this.#connection.request('account/login/start', params, { timeoutMs: requestTimeoutMs });
    return answer.ok ? null : answer.failure;
  }

  /** The server's token was refused and it asks for another (facts B1 auth). */
  async #refreshTokens(id: RequestId, account: NonNullable<CodexClientOptions['account']>): Promise<void> {
    const result = ofAccount(account.tokens.chatgptAccountId, await account.refresh());
    if (result.kind === 'fresh') {
      this.#connection.respond(id, { ...result.tokens });
      return;
    }
    const code = result.permanent ? REAUTHENTICATE : REFRESH_FAILED;
    this.#connection.refuse(id, code, `the tokens could not be refreshed: ${result.reason}`);
    this.#becomeSuspect(`its tokens could not be refreshed: ${result.reason}`);
  }

  #becomeSuspect(reason: string): void {
    if (this.#suspect !== null || this.#end) return;
    this.#suspect = reason;
    const listeners = [...this.#suspectListeners];
    this.#suspectListeners.clear();
    for (const listener of listeners) listener(reason);
  }

  async #openThread(method: string, params: WireObject): Promise<Outcome<string>> {
    let opened: Outcome<string> | null = null;
    const response = await this.#connection.request(method, params, {
      timeoutMs: this.#options.requestTimeoutMs,
      // In the order of frames: notifications of the thread follow the response in the same chunk.
      settled: (outcome) => {
        if (outcome.ok) opened = this.#adopt(method, object(outcome.value.thread));
      },
    });
    return opened ?? (response as Extract<typeof response, { ok: false }>);
  }

  #adopt(method: string, thread: WireObject): Outcome<string> {
    const threadId = text(thread.id);
    if (threadId === null) {
      return { ok: false, failure: localFailure('other', `${method} was answered without a thread id`, true) };
    }
    if (!this.#threads.has(threadId)) {
      const active = object(thread.status).type === 'active';
      this.#threads.set(threadId, new CodexThread(this.#context, threadId, active));
    }
    return { ok: true, value: threadId };
  }

  #notification(method: string, params: WireObject): void {
    const threadId = text(params.threadId);
    const thread = threadId === null ? undefined : this.#threads.get(threadId);
    if (!thread) return;
    if (method === 'thread/closed') {
      this.#threads.delete(thread.threadId);
      thread.close(localFailure('aborted', `thread ${thread.threadId} was closed by the server`, true));
      for (const listener of this.#threadListeners) this.#tell(listener, thread.threadId);
    } else {
      thread.notification(method, params);
    }
  }

  #request(id: RequestId, method: string, params: WireObject): void {
    const { account } = this.#options;
    if (method === REFRESH && account) {
      void this.#refreshTokens(id, account);
      return;
    }
    const threadId = text(params.threadId);
    const thread = threadId === null ? undefined : this.#threads.get(threadId);
    if (thread) thread.request(id, method, params);
    else refuseRequest(this.#connection, id, method);
  }

  #childEvents(): ChildEvents {
    return {
      stdout: (chunk) => this.#connection.receive(chunk),
      stderr: (chunk) => this.#stderr.push(chunk),
      stdinError: (errno) => this.#broke(`writing to ${this.lane} failed: ${errno}`),
      stdoutError: (errno) => this.#broke(`reading from ${this.lane} failed: ${errno}`),
      stdoutEnd: () => {
        if (this.#end) return;
        this.#mute = this.#ports.clock.timer(MUTE_MS, `${this.lane} exit after its stdout`, () =>
          this.#broke(`${this.lane} closed its stdout and lives on`),
        );
      },
      exit: (code, signal) => {
        this.#connection.finish();
        const message = this.#explain(`${this.lane} exited: code=${code} signal=${signal}`);
        this.#finish({ kind: 'exited', code, signal, message });
      },
    };
  }

  #broke(message: string): void {
    if (this.#end) return;
    this.#finish({ kind: 'broken', code: null, signal: null, message: this.#explain(message) });
    // A server that cannot be talked to must not live on and write to the threads of its successor.
    void this.#process?.stop();
  }

  #finish(end: ClientEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#mute?.cancel();
    this.#ports.log.event('codex.ended', { lane: this.lane, kind: end.kind, code: end.code, signal: end.signal });
    this.#connection.close((method, written) => this.#endFailure(end, method, written));
    for (const thread of this.#threads.values()) thread.close(this.#endFailure(end, 'the turn', true));
    this.#threads.clear();
    const listeners = [...this.#endListeners];
    this.#endListeners.clear();
    for (const listener of listeners) this.#tell(listener, end);
  }

  /** One owner's broken listener must not keep the others from learning of the end. */
  #tell<News>(listener: (news: News) => void, news: News): void {
    try {
      listener(news);
    } catch (error) {
      this.#ports.log.event('codex.end-listener-threw', { lane: this.lane, error: String(error) });
    }
  }

  #endFailure(end: ClientEnd, what: string, mayHaveRun: boolean): Failure {
    const failureClass = end.kind === 'closed' ? 'aborted' : 'transport';
    return localFailure(failureClass, `${what} failed: ${end.message}`, mayHaveRun);
  }

  #explain(message: string): string {
    return message + this.#stderr.suffix;
  }
}

/** codex takes whatever it is given and goes on under that account: nothing may run under another one (facts C1 S19). */
function ofAccount(accountId: string, result: RefreshResult): RefreshResult {
  if (result.kind === 'refused' || result.tokens.chatgptAccountId === accountId) return result;
  return { kind: 'refused', permanent: true, reason: 'the new tokens are of another account' };
}
