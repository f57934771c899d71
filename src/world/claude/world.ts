import { Gates } from '../gates.ts';
import type { Machine } from '../machine.ts';
import type { ModelSource } from '../model/source.ts';
import type { Proc, Program } from '../proc.ts';
import { parseArgs } from './argv.ts';
import type { ClaudeClips } from './clips.ts';
import type { ClaudeFaults } from './faults.ts';
import { FrameWriter } from './frames.ts';
import { ClaudeProcess } from './process.ts';
import type { SessionRecord } from './sessions.ts';
import { StdinReader } from './stdin.ts';
import { TIMING } from './timing.ts';
import { Usage } from './usage.ts';

export interface ClaudeOptions {
  /** What the model answers. */
  readonly model: ModelSource;
  readonly faults?: ClaudeFaults;
  /** What the CLI says in its own words. Default: what the project's recordings have. */
  readonly clips?: ClaudeClips;
  /** Names under which the program is on PATH. Default `claude`. */
  readonly files?: readonly string[];
}

/** What really happened to one claude process, for invariants; it stays after the process has ended. */
export interface ClaudeTruth {
  readonly pid: number;
  readonly startTicks: number;
  readonly proc: Proc;
  /** Null until it reads stdin. */
  sessionId: string | null;
  initializeRequests: number;
  /** User messages as it took them from stdin. */
  readonly messages: { readonly uuid: string | null; readonly text: string }[];
  /** Uuids that were used before: their messages were not even looked at. */
  readonly swallowed: string[];
  /** Texts of the messages that the running turn began with. */
  running: readonly string[] | null;
  requests: number;
  results: number;
  /** Shells that its tools started. Those that are alive run now, perhaps as orphans. */
  readonly shells: Proc[];
}

/** All claude processes of a machine and what they leave behind. */
export class ClaudeWorld {
  readonly machine: Machine;
  readonly options: ClaudeOptions;
  /** Every process that was started, in order. */
  readonly truths: ClaudeTruth[] = [];
  /** Sessions on disk, by id. */
  readonly sessions = new Map<string, SessionRecord>();
  /** Paths that tools have made or that a scenario puts there. */
  readonly files = new Set<string>();
  /** Texts of all messages that any process was given, in order. */
  readonly deliveries: string[] = [];
  /** Goes up with each message that a process is given and each time that one is initialised. */
  changes = 0;
  /** Gates of the model's answers. */
  readonly gates = new Gates();

  constructor(machine: Machine, options: ClaudeOptions) {
    this.machine = machine;
    this.options = options;
  }

  /** The session with this id, or a new one. */
  session(id: string | null): SessionRecord {
    const fresh = id ?? `00000000-0000-4000-9000-${(this.sessions.size + 1).toString(16).padStart(12, '0')}`;
    const known = this.sessions.get(fresh);
    if (known) return known;
    const record: SessionRecord = { id: fresh, history: [], spent: null, requests: 0 };
    this.sessions.set(fresh, record);
    return record;
  }

  readonly program: Program = (proc) => {
    const args = parseArgs(proc.argv.slice(1));
    const truth: ClaudeTruth = {
      pid: proc.pid,
      startTicks: proc.startTicks,
      proc,
      sessionId: null,
      initializeRequests: 0,
      messages: [],
      swallowed: [],
      running: null,
      requests: 0,
      results: 0,
      shells: [],
    };
    this.truths.push(truth);
    if (this.#startsBadly(proc)) return;
    const stdin = new StdinReader();
    proc.onStdin = (chunk) => stdin.chunk(chunk);
    proc.onStdinEnd = () => stdin.end();
    if (args.resume !== null && !this.sessions.get(args.resume)?.history.length) {
      this.#refuseResume(proc, args.resume, args.partial);
    } else if (args.sessionId !== null && this.sessions.has(args.sessionId)) {
      this.#refuse(proc, `Error: Session ID ${args.sessionId} is already in use.`);
    } else {
      this.#comeUp(proc, () => {
        const process = new ClaudeProcess(this, proc, args, truth);
        proc.onSignal = (signal) => process.onSignal(signal);
        stdin.attach(process);
      });
    }
  };

  /** The time until stdin is read; before its handlers are installed a signal kills. */
  #comeUp(proc: Proc, ready: () => void): void {
    proc.after(TIMING.handlers, () => {
      proc.onSignal = (signal) => {
        const code = { SIGTERM: 143, SIGHUP: 129, SIGINT: 0 }[signal as string];
        if (code === undefined) return false;
        proc.after(TIMING.sigterm, () => proc.exit(code));
        return true;
      };
    });
    proc.after(TIMING.ready, ready);
  }

  #startsBadly(proc: Proc): boolean {
    const fault = this.options.faults?.start?.({ pid: proc.pid, number: this.truths.length });
    if (fault?.kind === 'exit') {
      proc.after(fault.afterMs, () => {
        proc.stderr(fault.stderr);
        proc.exit(fault.code);
      });
    } else if (fault?.kind === 'silent') {
      proc.onStdinEnd = () => proc.exit(0);
      this.#comeUp(proc, () => {});
    }
    return fault !== null && fault !== undefined;
  }

  #refuse(proc: Proc, words: string): void {
    proc.after(TIMING.badSession, () => proc.stderr(`${words}\n`));
    proc.after(TIMING.badSession + TIMING.badSessionExit, () => proc.exit(1));
  }

  /** An unknown session: words, a result without an init, and exit 1; `initialize` stays without an answer (facts 3.3). */
  #refuseResume(proc: Proc, sessionId: string, partial: boolean): void {
    const words = `No conversation found with session ID: ${sessionId}`;
    this.#refuse(proc, words);
    proc.after(TIMING.badSession, () => {
      const frames = new FrameWriter(proc, () => this.machine.kernel.now, sessionId, partial);
      const { model_usage_since_last_result: _, ...usage } = new Usage('claude-sonnet-4-5').take();
      frames.event({
        type: 'result',
        subtype: 'error_during_execution',
        duration_ms: 0,
        duration_api_ms: 0,
        is_error: true,
        num_turns: 0,
        stop_reason: null,
        ...usage,
        permission_denials: [],
        errors: [words],
        result_index: 0,
      });
      frames.flush();
    });
  }
}
