import type { Signal } from '../../core/ports.ts';
import type { Kernel, Scheduled } from '../../kernel/kernel.ts';
import type { Gates } from '../gates.ts';
import { latency } from '../latency.ts';
import type { ModelSource } from '../model/source.ts';
import type { Proc } from '../proc.ts';
import type { ClaudeArgs } from './argv.ts';
import type { ClaudeClips } from './clips.ts';
import { Controls } from './controls.ts';
import { defaultClips } from './default-clips.ts';
import type { ClaudeFaults } from './faults.ts';
import { type Body, FrameWriter } from './frames.ts';

import { Branch } from './sessions.ts';
import { TIMING } from './timing.ts';
import type { ToolHost } from './tool.ts';
import { Turn } from './turn.ts';
import { Usage } from './usage.ts';
import type { ClaudeTruth, ClaudeWorld } from './world.ts';

/** A user message that waits for its turn. */
export interface QueuedMessage {
  readonly uuid: string | null;
  readonly text: string;
}

/** One running claude process in stream-json mode, from the moment it reads stdin to its end. */
export class ClaudeProcess {
  readonly proc: Proc;
  readonly kernel: Kernel;
  readonly frames: FrameWriter;
  readonly branch: Branch;
  readonly usage: Usage;
  readonly model: string;
  readonly source: ModelSource;
  readonly clips: ClaudeClips;
  readonly gates: Gates;
  readonly faults: ClaudeFaults;
  readonly truth: ClaudeTruth;
  readonly #world: ClaudeWorld;
  readonly #session;
  readonly #controls: Controls;
  readonly #used = new Set<string>();
  #queue: QueuedMessage[] = [];
  #turn: Turn | null = null;
  #requests = 0;
  #results = 0;
  /** `starting`: the next turn is about to begin. */
  #state: 'idle' | 'starting' | 'running' = 'idle';
  #abortNext = false;
  /** JSON of `init` without what differs from turn to turn. */
  #initText: string | null = null;
  #lastFailed = false;
  #ended = false;
  #exiting = false;

  constructor(world: ClaudeWorld, proc: Proc, args: ClaudeArgs, truth: ClaudeTruth) {
    this.proc = proc;
    this.kernel = world.machine.kernel;
    this.model = args.model;
    this.source = world.options.model;
    this.clips = world.options.clips ?? defaultClips();
    this.faults = world.options.faults ?? {};
    this.gates = world.gates;
    this.truth = truth;
    this.#world = world;
    this.#session = world.session(args.resume ?? args.sessionId);
    this.branch = new Branch(this.#session, () => {
      this.proc.after(this.first ? TIMING.firstSave : TIMING.save, () => this.branch.save());
    });
    this.usage = new Usage(args.model, this.#session.spent ?? undefined);
    this.frames = new FrameWriter(proc, () => this.kernel.now, this.#session.id, args.partial);
    this.#controls = new Controls(this);
    truth.sessionId = this.#session.id;
  }

  get now(): number {
    return this.kernel.now;
  }

  /** Nothing has been asked of the model yet: the first time takes longer. */
  get first(): boolean {
    return this.#requests === 0;
  }

  get turn(): Turn | null {
    return this.#turn;
  }

  get gateway(): string {
    return new URL(this.proc.env.ANTHROPIC_BASE_URL ?? 'http://127.0.0.1').host;
  }

  /** Runs `work` in about `ms`, and puts on the pipe what it writes. */
  later(ms: number, work: () => void): Scheduled {
    return this.proc.after(latency(this.kernel, ms), () => {
      work();
      this.frames.flush();
    });
  }

  countRequest(): { ofProcess: number; step: number } {
    this.truth.requests = ++this.#requests;
    return { ofProcess: this.#requests, step: ++this.#session.requests };
  }

  /** Number of the next `result` frame; `failed` decides about the exit code if it stays the last one. */
  nextResult(failed: boolean): number {
    this.#lastFailed = failed;
    this.truth.results++;
    return this.#results++;
  }

  toolHost(turn: Turn): ToolHost {
    return {
      proc: this.proc,
      machine: this.#world.machine,
      frames: this.frames,
      clips: this.clips,
      files: this.#world.files,
      later: (ms, work) => this.later(ms, work),
      shellStarted: (shell) => this.truth.shells.push(shell),
      toolDone: (tool, result, denied) => turn.toolDone(tool, result, denied),
    };
  }

  /** What was queued, to be worked on now. */
  takeQueue(): QueuedMessage[] {
    return this.#queue.splice(0);
  }

  writeInit(uuids: readonly string[]): void {
    this.#initText ??= JSON.stringify(this.#initBody());
    const named = uuids.length > 0 ? `,"user_message_uuids":${JSON.stringify(uuids)}}` : '}';
    this.frames.eventText(this.#initText.slice(0, -1) + named);
  }

  #initBody(): Body {
    const { cwd, env, pid } = this.proc;
    const home = env.CLAUDE_CONFIG_DIR ?? `${env.HOME}/.claude`;
    const { session_id: _s, uuid: _u, user_message_uuids: _m, ...rest } = this.clips.init;
    return {
      ...rest,
      cwd,
      original_cwd: cwd,
      model: this.model,
      memory_paths: { auto: `${home}/projects/${cwd.replace(/[^A-Za-z0-9]/g, '-')}/memory/` },
      messaging_socket_path: `${env.XDG_RUNTIME_DIR ?? '/tmp'}/cc-socks/${pid}.sock`,
    };
  }

  countInitialize(): void {
    this.truth.initializeRequests++;
    this.#world.changes++;
  }

  /** A user message from stdin. */
  onMessage(message: QueuedMessage): void {
    const { uuid, text } = message;
    if (uuid !== null && this.#used.has(uuid)) {
      // Swallowed (facts 0.7): the state is all that is heard.
      this.truth.swallowed.push(uuid);
      if (this.#state === 'idle') this.frames.state('idle');
      return;
    }
    if (uuid !== null) this.#used.add(uuid);
    this.truth.messages.push({ uuid, text });
    this.#world.deliveries.push(text);
    this.#world.changes++;
    this.kernel.record(`claude ${this.proc.pid}`, 'message', text);
    this.#queue.push(message);
    if (this.#state === 'idle') this.frames.state('running');
    this.frames.lifecycle(uuid, 'queued');
    if (this.#state !== 'idle') return;
    this.#state = 'starting';
    // No latency of the machine comes in between: what is read later is never part of this turn (facts 0.8).
    this.proc.after(TIMING.started, () => {
      this.#startTurn();
      this.frames.flush();
    });
  }

  onControl(requestId: string, request: Body): void {
    this.#controls.onRequest(requestId, request);
  }

  /** The host's answer to a question of ours. Unknown and late ones are ignored (facts 1.3). */
  onAnswer(response: Body): void {
    const tool = this.#turn?.asking;
    if (!tool || response.request_id !== tool.requestId) return;
    if (response.subtype !== 'success') this.#controls.unmodelled('an error as the answer to can_use_tool');
    this.later(TIMING.interrupt, () => {
      if (tool.state !== 'asked') return;
      if (tool.answer((response.response ?? {}) as Body)) this.#turn?.interrupt(false, tool);
    });
  }

  /** `interrupt`: what is queued but not begun, before anything happens. */
  interruptReceived(): string[] {
    const waiting = this.#queue.flatMap(({ uuid }) => uuid ?? []);
    const asking = this.#turn?.asking;
    if (asking) this.frames.write({ type: 'control_cancel_request', request_id: asking.requestId });
    return waiting;
  }

  /** After the answer to an interrupt. */
  interruptTurn(): void {
    if (this.#state === 'starting') this.#abortNext = true;
    else this.#turn?.interrupt();
  }

  /** The last frames of a turn are written. */
  turnOver(): void {
    this.#turn = null;
    this.truth.running = null;
    this.branch.save();
    if (this.#exiting) return;
    if (this.#queue.length > 0) {
      this.#startTurn();
      return;
    }
    this.#state = 'idle';
    this.frames.state('idle');
    if (this.#ended) this.#exit(TIMING.eofExit);
  }

  /** End of file on stdin: finish and exit (facts 0.13, 5). */
  onEnd(): void {
    this.#ended = true;
    if (this.#state === 'idle') this.#exit(TIMING.eofExit);
    else if (this.#turn?.asking) this.later(TIMING.interrupt, () => this.#turn?.asking?.hostLeft());
  }

  /** Ends the process after writing `words` to stderr. */
  fail(words: string): void {
    this.#exiting = true;
    this.later(TIMING.malformed, () => this.proc.stderr(`${words}\n`));
    this.proc.after(TIMING.malformed + TIMING.malformedExit, () => this.proc.exit(1));
  }

  /** True when the signal is handled; its handlers are all installed by now. */
  onSignal(signal: Signal): boolean {
    if (this.#exiting) return true;
    if (signal === 'SIGTERM') this.#stop(TIMING.sigterm, 143);
    else if (signal === 'SIGHUP') this.#stop(TIMING.sighup, 129);
    else if (signal === 'SIGINT') this.#onSigint();
    else return false;
    this.frames.flush();
    return true;
  }

  #startTurn(): void {
    this.#state = 'running';
    const messages = this.takeQueue();
    const aborted = this.#abortNext;
    this.#abortNext = false;
    this.#turn = new Turn(this, messages);
    this.truth.running = messages.map(({ text }) => text);
    this.#turn.begin(aborted);
  }

  #stop(ms: number, code: number): void {
    const shells = this.#turn?.shells.length ?? 0;
    this.#exiting = true;
    this.#turn?.stop();
    this.#leave(ms + (shells > 0 ? TIMING.toolExit : 0), code);
  }

  /** Like an interrupt, except that the process ends with 0 and says nothing of being idle. */
  #onSigint(): void {
    const shells = this.#turn?.shells.length ?? 0;
    this.#exiting = true;
    if (!this.#turn) {
      this.#leave(TIMING.sigint, 0);
      return;
    }
    const asking = this.#turn.asking;
    if (asking) this.frames.write({ type: 'control_cancel_request', request_id: asking.requestId });
    this.#turn.interrupt(true);
    this.#leave(TIMING.sigint + TIMING.denied + TIMING.result + (shells > 0 ? TIMING.toolExit : 0), 0);
  }

  #exit(ms: number): void {
    this.#exiting = true;
    this.#leave(ms, this.#lastFailed ? 1 : 0);
  }

  #leave(ms: number, code: number): void {
    this.proc.after(latency(this.kernel, ms), () => {
      // Only an end in good order writes what the session has cost.
      this.#session.spent = this.usage.spent;
      this.branch.save();
      this.proc.exit(code);
    });
  }
}
