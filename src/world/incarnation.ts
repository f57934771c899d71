import type {
  ChildEvents,
  Connection,
  ConnectionEvents,
  Credentials,
  FrontendEvent,
  InspectResult,
  ListenResult,
  Ports,
  ProcessIdentity,
  ProcessTable,
  Signal,
  SignalResult,
  SpawnRequest,
  SpawnResult,
  SqlStatement,
} from '../core/ports.ts';
import { type Fence, type Kernel, Lane, type Nature } from '../kernel/kernel.ts';
import type { WorldDatabase } from './database.ts';
import { ExecPort } from './exec-port.ts';
import { FilesPort } from './files-port.ts';
import type { WorldIds } from './ids.ts';
import { latency } from './latency.ts';
import type { Machine } from './machine.ts';
import { OWN_LOGIN } from './own-login.ts';
import { Pauses } from './pauses.ts';
import { Pipes } from './pipes.ts';
import type { Proc } from './proc.ts';

/** Wall clock at the start of a run: 2026-01-01T00:00:00Z. */
const EPOCH_MS = 1_767_225_600_000;

export interface IncarnationOptions {
  readonly machine: Machine;
  readonly database: WorldDatabase;
  readonly ids: WorldIds;
  readonly uid: number;
  /** How often a daemon has been started before this one, plus one. */
  readonly number: number;
  readonly cwd: string;
  /** Default: codex has its own login. */
  readonly credentials?: Credentials;
  readonly onPublish: (event: FrontendEvent) => void;
  readonly onLog: (type: string, fields: Readonly<Record<string, string | number | boolean | null>>) => void;
  /** Called after each commit, before the daemon learns of it: a crash may happen here. */
  readonly onCommit: () => void;
  /** The same after each change of a file. */
  readonly onFileChange?: () => void;
  /** Called when the daemon has started a child with pipes. */
  readonly onSpawn?: (lane: string, pid: number) => void;
  /** Called when the daemon is about to close a child's stdin or to signal a child whose stdin is open. */
  readonly onHangUp: (pipes: Pipes) => void;
}

/** One life of the daemon on the simulated machine: its process and the core's ports, all of which end with it. */
export class Incarnation {
  readonly name: string;
  readonly proc: Proc;
  readonly ports: Ports;
  readonly pauses: Pauses;
  /** The pipes to each child, by the child's pid. */
  readonly children = new Map<number, Pipes>();
  readonly #options: IncarnationOptions;
  readonly #machine: Machine;
  readonly #kernel: Kernel;
  readonly #fence: Fence;
  readonly #writes = new Lane();

  constructor(options: IncarnationOptions) {
    this.#options = options;
    this.#machine = options.machine;
    this.#kernel = options.machine.kernel;
    this.name = `daemon#${options.number}`;
    const silent = { stdout: () => {}, stderr: () => {}, exited: () => {} };
    this.proc = this.#machine.start({
      argv: ['reprise', 'daemon'],
      program: () => {},
      parent: null,
      newGroup: true,
      uid: options.uid,
      cwd: options.cwd,
      env: {},
      sink: silent,
    });
    this.#fence = this.proc.fence;
    this.pauses = new Pauses(this.#kernel, this.proc);
    // Its ends of all pipes are closed by the kernel of the machine when it dies.
    this.proc.onDeath = () => {
      this.pauses.over();
      for (const pipes of this.children.values()) pipes.hangUp();
    };
    this.ports = this.#makePorts();
  }

  get alive(): boolean {
    return this.proc.alive;
  }

  /** Something reaches it from outside: now, or when it wakes; never when it ends before. */
  reach(work: () => void): void {
    if (this.pauses.frozen) this.#later(0, work);
    else work();
  }

  #makePorts(): Ports {
    const { database, ids, onPublish, onLog } = this.#options;
    return {
      clock: {
        now: () => EPOCH_MS + this.#kernel.now + this.#machine.clockStepMs,
        monotonic: () => this.#kernel.now,
        timer: (delayMs, purpose, fire) => this.#timer(delayMs, purpose, fire),
      },
      ids: { next: (kind) => ids.next(kind), uuid: () => ids.uuid() },
      exec: new ExecPort({
        machine: this.#machine,
        daemon: this.proc,
        name: this.name,
        later: (delayMs, nature, work) => this.#laterAs(nature, delayMs, work),
        frozen: () => this.pauses.frozen,
      }),
      files: new FilesPort({
        machine: this.#machine,
        uid: this.proc.uid,
        fence: this.#fence,
        name: this.name,
        onChange: () => this.#options.onFileChange?.(),
      }),
      processes: {
        self: this.proc.identity,
        table: (mark) => this.#table(mark),
        spawn: (request, events) => this.#spawn(request, events),
        signal: (identity, signal, scope) => this.#signal(identity, signal, scope),
        inspect: (pid) => this.#inspect(pid),
      },
      credentials: this.#credentials(),
      network: { listen: (port, accept) => this.#listen(port, accept) },
      database: {
        place: database.place,
        all: (sql, params) => database.all(sql, params),
        write: (statements) => this.#write(statements),
      },
      frontend: {
        publish: (event) => {
          if (this.#fence.closed) return;
          this.#kernel.record(this.name, event.type, `${event.chatId} ${detailOf(event)}`);
          onPublish(event);
        },
      },
      log: {
        event: (type, fields) => {
          if (this.#fence.closed) return;
          this.#kernel.record(this.name, `log ${type}`, Object.values(fields).join(' '));
          onLog(type, fields);
        },
      },
    };
  }

  /** Runs `work` for the daemon in `delayMs`; never after its end. */
  #later(delayMs: number, work: () => void, lane?: Lane): ReturnType<Kernel['schedule']> {
    return this.#kernel.schedule(delayMs, work, lane ? { fence: this.#fence, lane } : { fence: this.#fence });
  }

  /** The same for what is not input. */
  #laterAs(nature: Nature, delayMs: number, work: () => void): ReturnType<Kernel['schedule']> {
    return this.#kernel.schedule(delayMs, work, { fence: this.#fence, nature });
  }

  #timer(delayMs: number, purpose: string, fire: () => void) {
    return this.#laterAs('timer', delayMs, () => {
      this.#kernel.record(this.name, 'timer', purpose);
      fire();
    });
  }

  #credentials(): Credentials {
    const { credentials = OWN_LOGIN } = this.#options;
    return {
      current: (purpose) => credentials.current(purpose),
      refresh: async (accountId) => {
        const result = await credentials.refresh(accountId);
        if (this.pauses.frozen) await new Promise<void>((resolve) => this.#later(0, resolve));
        return result;
      },
    };
  }

  #spawn(request: SpawnRequest, events: ChildEvents): Promise<SpawnResult> {
    this.#kernel.record(this.name, 'spawn', `${request.lane}: ${request.file} ${request.args.join(' ')}`);
    return new Promise((resolve) => {
      this.#later(latency(this.#kernel, 1), () => {
        const cwd = request.cwd ?? this.proc.cwd;
        const found = this.#machine.lookUp(request.file, cwd);
        if (found.kind === 'failed') {
          resolve({ kind: 'not-started', errno: found.errno, message: `spawn ${request.file} ${found.errno}` });
          return;
        }
        const pipes = new Pipes(this.#machine, this.#fence, request.lane, events, this.#options.onHangUp);
        const proc = this.#machine.start({
          argv: [request.file, ...request.args],
          program: found.program,
          parent: this.proc,
          newGroup: true,
          uid: this.proc.uid,
          cwd,
          env: request.env ?? {},
          sink: pipes,
        });
        this.children.set(proc.pid, pipes);
        const child = pipes.bind(proc);
        this.#options.onSpawn?.(request.lane, proc.pid);
        resolve({ kind: 'spawned', child });
      });
    });
  }

  #signal(identity: ProcessIdentity, signal: Signal, scope: 'process' | 'group'): Promise<SignalResult> {
    return new Promise((resolve) => {
      this.#later(latency(this.#kernel, 0), () => {
        const proc = this.#machine.processes.get(identity.pid);
        const current = proc?.startTicks === identity.startTicks && proc.bootId === identity.bootId;
        const pid = scope === 'group' ? -identity.pid : identity.pid;
        const pipes = this.children.get(identity.pid);
        if (current && pipes?.writable) this.#options.onHangUp(pipes);
        const result = current ? this.#machine.kill(this.proc.uid, pid, signal) : 'ESRCH';
        this.#kernel.record(this.name, 'kill', `${pid} ${signal} ${result}`);
        resolve(result);
      });
    });
  }

  #inspect(pid: number): Promise<InspectResult> {
    return new Promise((resolve) => {
      this.#later(latency(this.#kernel, 0), () => {
        const proc = this.#machine.processes.get(pid);
        if (!proc?.alive) resolve({ kind: 'gone' });
        else resolve({ kind: 'alive', identity: proc.identity, cwd: this.#cwdOf(proc) });
      });
    });
  }

  #table(mark: string): Promise<ProcessTable> {
    return new Promise((resolve) => {
      this.#later(latency(this.#kernel, 0), () => {
        const alive = [...this.#machine.processes.values()].filter((proc) => proc.alive);
        const processes = alive.map((proc) => ({
          identity: proc.identity,
          parentPid: proc.parent?.pid ?? 1,
          groupId: proc.pgid,
          sessionId: proc.sid,
          cwd: this.#cwdOf(proc),
          mark: this.#mayLookInto(proc) ? (proc.env[mark] ?? null) : null,
        }));
        resolve({ kind: 'known', processes });
      });
    });
  }

  /** Other users' processes are listed, but their working directory and environment are not readable (facts D18). */
  #mayLookInto({ uid }: Proc): boolean {
    return this.proc.uid === 0 || this.proc.uid === uid;
  }

  #cwdOf(proc: Proc): string | null {
    return this.#mayLookInto(proc) ? proc.cwd : null;
  }

  #listen(port: number, accept: (connection: Connection) => ConnectionEvents): Promise<ListenResult> {
    return new Promise((resolve) => {
      this.#later(latency(this.#kernel, 0), () => {
        const result = this.#machine.network.listen(this.proc, port, accept);
        this.#kernel.record(this.name, 'listen', `${port} ${result.kind === 'failed' ? result.errno : 'ok'}`);
        resolve(result);
      });
    });
  }

  #write(statements: readonly SqlStatement[]): Promise<number[]> {
    const { database, onCommit } = this.#options;
    return new Promise((resolve, reject) => {
      const commit = () => {
        let changes: number[];
        try {
          changes = database.write(statements, this.#machine.files.full);
        } catch (error) {
          this.#later(0, () => reject(error), this.#writes);
          return;
        }
        this.#kernel.record(this.name, 'commit', statements.map(({ params }) => params?.join(',') ?? '').join(' '));
        onCommit();
        this.#later(0, () => resolve(changes), this.#writes);
      };
      this.#later(latency(this.#kernel, 0), commit, this.#writes);
    });
  }
}

function detailOf(event: FrontendEvent): string {
  switch (event.type) {
    case 'message.failed':
      return `${event.messageId} ${event.error}`;
    case 'message.delivered':
      return event.messageId;
    case 'turn.ended':
      return `${event.messageId} ${event.status} ${event.error ?? ''}`;
    case 'text.delta':
      return event.text;
    case 'tool':
      return `${event.title} ${event.status}`;
    case 'notice':
      return event.code;
    default:
      return event.approvalId;
  }
}
