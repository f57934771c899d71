import type { Signal } from '../../core/ports.ts';
import { latency } from '../latency.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { ClientTokens } from './client-tokens.ts';
import type { CodexWorld } from './index.ts';
import { METHODS } from './methods.ts';
import { decodeParams, isMap, isModelled, type Json, type JsonObject, Refused } from './params.ts';
import type { CodexHome } from './store.ts';
import type { LoadedThread } from './thread.ts';
import { ThreadRequests } from './thread-requests.ts';
import { TIMING } from './timings.ts';
import { type Delivery, ServerTruth } from './truth.ts';

type Phase = 'starting' | 'uninitialized' | 'ready' | 'ending';
type RequestId = number | string;
type Answer = { readonly result: JsonObject } | { readonly error: JsonObject };

/** One `codex app-server` process: a strict state machine of its protocol (facts/codex-wire.md 1, 3, 4, 5). */
export class CodexServer {
  readonly proc: Proc;
  readonly world: CodexWorld;
  readonly home: CodexHome;
  readonly truth: ServerTruth;
  readonly tokens: ClientTokens;
  /** Threads loaded in this process, in order of loading. */
  readonly threads = new Map<string, LoadedThread>();
  /** Commands it has started that still run. */
  readonly tools = new Map<Proc, { readonly compound: boolean }>();
  clientName = '';
  clientVersion = '';
  experimental = false;
  modelRequests = 0;
  readonly #requests: ThreadRequests;
  readonly #pending = new Map<RequestId, (answer: Answer) => void>();
  #phase: Phase = 'starting';
  #silent = false;
  #stdin = '';
  #early: string[] = [];
  #lastRequestId = -1;

  constructor(proc: Proc, world: CodexWorld, home: CodexHome) {
    this.proc = proc;
    this.world = world;
    this.home = home;
    this.truth = new ServerTruth(proc, home.path, this.threads);
    this.tokens = new ClientTokens(this);
    this.#requests = new ThreadRequests(this);
    proc.onStdin = (chunk) => this.#read(chunk);
    proc.onStdinEnd = () => this.#finish(TIMING.stdinClosed);
    proc.onSignal = (signal) => this.#onSignal(signal);
    proc.onDeath = () => this.#onDeath();
    const startMs = home.used ? TIMING.startWarm : TIMING.startFresh;
    home.used = true;
    this.later(startMs, () => this.#ready());
  }

  /** Wall clock in ms. */
  get now(): number {
    return this.world.now;
  }

  /** Runs `work` in `usualMs`, or later if the choice list says so; never once the process ends. */
  later(usualMs: number, work: () => void): void {
    this.proc.after(latency(this.world.machine.kernel, usualMs), () => {
      if (this.#phase !== 'ending') work();
    });
  }

  /** Sends notifications, in this order and in one piece. */
  notify(...frames: readonly (readonly [method: string, params: JsonObject])[]): void {
    const emittedAtMs = this.now;
    this.#write(frames.map(([method, params]) => ({ method, params, emittedAtMs })));
  }

  respond(id: RequestId, result: JsonObject): void {
    this.#write([{ id, result }]);
  }

  /** Asks the client; `answered` gets what it says, unless the question is dropped before. Returns the question's id. */
  ask(method: string, params: JsonObject, answered: (answer: Answer) => void): number {
    const id = ++this.#lastRequestId;
    this.#pending.set(id, answered);
    this.#write([{ method, id, params }]);
    return id;
  }

  /** The answer to this question does not matter any more; a late one is ignored silently. */
  dropQuestion(id: number): void {
    this.#pending.delete(id);
  }

  /** A line of the server's own log. */
  logError(target: string, text: string): void {
    const time = new Date(this.now).toISOString().replace('Z', '000Z');
    this.proc.stderr(
      `\u001b[2m${time}\u001b[0m \u001b[31mERROR\u001b[0m \u001b[2m${target}\u001b[0m\u001b[2m:\u001b[0m ${text}\n`,
    );
  }

  /** Unloads a thread that nothing runs on, and says so (facts/codex-methods.md; why it should was never seen). */
  unload({ stored }: LoadedThread): void {
    this.threads.delete(stored.threadId);
    stored.writer = null;
    this.truth.unloaded.push(stored.threadId);
    this.world.changes++;
    this.notify(['thread/closed', { threadId: stored.threadId }]);
  }

  /** It has taken in the words of a message. */
  delivered(delivery: Delivery): void {
    this.truth.deliveries.push(delivery);
    this.world.deliveries.push({ server: this.truth, words: delivery.words });
    this.world.changes++;
  }

  /** From now on it takes input and never answers: a fault. */
  fallSilent(): void {
    this.#silent = true;
  }

  #write(frames: readonly JsonObject[]): void {
    if (this.#phase === 'ending' || this.#silent) return;
    this.proc.stdout(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''));
  }

  #ready(): void {
    this.#phase = 'uninitialized';
    const early = this.#early;
    this.#early = [];
    for (const line of early) this.#line(line);
  }

  #read(chunk: string): void {
    const lines = (this.#stdin + chunk).split('\n');
    this.#stdin = lines.pop()!;
    for (const line of lines) {
      if (this.#phase === 'starting') this.#early.push(line);
      else this.#line(line);
    }
  }

  #line(line: string): void {
    if (this.#phase === 'ending' || this.#silent) return;
    const frame = parse(line);
    if (!frame) {
      this.truth.unreadableLines++;
      this.logError('codex_app_server_transport::transport', 'Failed to deserialize JSONRPCMessage');
      return;
    }
    const { id, method } = frame;
    if (typeof method === 'string' && (typeof id === 'number' || typeof id === 'string')) {
      this.#request(id, method, frame.params);
    } else if (typeof method === 'string') {
      // Unknown notifications, and requests whose id is null, are swallowed.
      if (method === 'initialized') this.truth.initializedNotifications++;
    } else if (typeof id === 'number' || typeof id === 'string') {
      const answered = this.#pending.get(id);
      this.#pending.delete(id);
      answered?.('error' in frame ? { error: frame.error as JsonObject } : { result: frame.result as JsonObject });
    }
  }

  #request(id: RequestId, method: string, given: Json | undefined): void {
    this.truth.countRequest(method);
    this.world.changes++;
    try {
      const params = decodeParams(method, given);
      if (method === 'initialize') {
        this.#initialize(id, params);
      } else {
        this.#checkAllowed(method);
        if (!isModelled(method)) throw new UnmodelledError('codex', `the method ${method}`);
        const refusal = this.world.faults.request?.({ proc: this.proc, method });
        if (refusal) throw new Refused(refusal.message, refusal.code);
        if (method === 'account/login/start') this.#logIn(id, params);
        else this.#requests.handle(id, method, params, (error) => this.#refuse(id, method, error));
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refuse(id, method, error);
    }
  }

  #refuse(id: RequestId, method: string, error: Refused): void {
    this.truth.refusals.push({ method, message: error.message });
    this.later(TIMING.quick, () => this.#write([{ error: { code: error.code, message: error.message }, id }]));
  }

  #checkAllowed(method: string): void {
    if (this.#phase === 'uninitialized') throw new Refused('Not initialized');
    if (METHODS[method] && !this.experimental) {
      throw new Refused(`${method} requires experimentalApi capability`);
    }
  }

  #initialize(id: RequestId, params: JsonObject): void {
    if (this.#phase !== 'uninitialized') throw new Refused('Already initialized');
    this.#phase = 'ready';
    const { clientInfo, capabilities } = params;
    const { name, version } = clientInfo as { name: string; version: string };
    this.clientName = name;
    this.clientVersion = version;
    this.experimental = isMap(capabilities) && capabilities.experimentalApi === true;
    const { config, path, installationId } = this.home;
    const userAgent = `${name}/${config.version} (${this.world.platform}) unknown (${name}; ${version})`;
    this.later(TIMING.quick, () => {
      this.respond(id, { userAgent, codexHome: path, platformFamily: 'unix', platformOs: 'linux' });
      const { serverName } = this.world;
      this.notify([
        'remoteControl/status/changed',
        { status: 'disabled', serverName, installationId, environmentId: null },
      ]);
    });
  }

  /** As recorded where the routing service does not know the account: the tokens are used all the same (facts 8). */
  #logIn(id: RequestId, params: JsonObject): void {
    if (params.type !== 'chatgptAuthTokens') throw new UnmodelledError('codex', `a login of type ${params.type}`);
    this.tokens.logIn(params);
    const error = 'workspace routing discovery failed';
    const completed = { loginId: null, success: false, error, onboardingEntrypoint: null };
    this.later(TIMING.login, () => {
      this.respond(id, { type: 'chatgptAuthTokens' });
      this.later(TIMING.routing, () => this.notify(['account/login/completed', completed]));
    });
  }

  #onSignal(signal: Signal): boolean {
    if (signal !== 'SIGTERM') return false;
    this.#finish(TIMING.sigterm);
    return true;
  }

  /** There is no drain: from here on not a frame is sent, running turns included. */
  #finish(delayMs: number): void {
    if (this.#phase === 'ending') return;
    const untilStarted = this.#phase === 'starting' ? TIMING.startWarm : 0;
    this.#phase = 'ending';
    this.proc.after(latency(this.world.machine.kernel, delayMs + untilStarted), () => {
      for (const tool of [...this.tools.keys()]) this.world.machine.kill(0, tool.pid, 'SIGKILL');
      this.proc.exit(0);
    });
  }

  #onDeath(): void {
    this.#phase = 'ending';
    for (const [tool, { compound }] of [...this.tools]) {
      if (!compound) this.world.machine.kill(0, tool.pid, 'SIGKILL');
    }
    for (const thread of this.threads.values()) thread.stored.writer = null;
  }
}

function parse(line: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(line);
    // An object that is no JSON-RPC message at all is as unreadable as broken JSON.
    if (isMap(value) && ('method' in value || ('id' in value && ('result' in value || 'error' in value)))) return value;
    return null;
  } catch {
    return null;
  }
}
