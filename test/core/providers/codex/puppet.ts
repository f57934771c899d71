import { CodexClient, type CodexClientOptions } from '../../../../src/core/providers/codex/index.ts';
import type { Proc } from '../../../../src/world/proc.ts';
import { CWD, type Simulated, simulate, value } from '../../../world/codex/simulated.ts';

export interface Frame {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A server that does what a test says, for behaviour that the real one does not show on demand. */
export class Puppet {
  proc!: Proc;
  readonly received: Frame[] = [];
  /** Answers requests by itself: method to result. Others wait for the test. */
  readonly answers = new Map<string, unknown>([
    ['initialize', { userAgent: 'puppet/0.169.0' }],
    ['thread/start', { thread: { id: 'T1', status: { type: 'idle' } } }],
    ['turn/interrupt', {}],
  ]);
  ignoresEof = false;

  readonly program = (proc: Proc): void => {
    this.proc = proc;
    proc.onStdin = (chunk) => {
      for (const line of chunk.split('\n')) if (line !== '') this.#read(JSON.parse(line) as Frame);
    };
    proc.onStdinEnd = () => {
      if (!this.ignoresEof) proc.exit(0);
    };
  };

  /** Writes frames in one chunk. */
  send(...frames: readonly (Frame | string)[]): void {
    this.proc.stdout(
      frames.map((frame) => (typeof frame === 'string' ? frame : `${JSON.stringify(frame)}\n`)).join(''),
    );
  }

  /** The last request of this method. */
  request(method: string): Frame {
    const found = this.received.findLast((frame) => frame.method === method);
    if (!found)
      throw new Error(`no ${method} was received, only ${this.received.map((each) => each.method).join(', ')}`);
    return found;
  }

  /** What the client answered to request `id` of the server. */
  answerTo(id: number | string): Frame | undefined {
    return this.received.find((frame) => frame.id === id && frame.method === undefined);
  }

  #read(frame: Frame): void {
    this.received.push(frame);
    if (frame.method === undefined || frame.id === undefined || !this.answers.has(frame.method)) return;
    this.send({ id: frame.id, result: this.answers.get(frame.method) });
  }
}

export const PUPPET_OPTIONS: CodexClientOptions = {
  command: { file: 'codex', args: ['app-server'], cwd: CWD },
  lane: 'codex:1',
  clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
  initializeTimeoutMs: 2_000,
  requestTimeoutMs: 3_000,
};

/** Runs `body` with a puppet on PATH as `codex`. */
export function withPuppet<T>(body: (puppet: Puppet, world: Simulated) => Promise<T>): Promise<T> {
  return simulate({ script: { rules: [] } }, (world) => {
    const puppet = new Puppet();
    world.machine.executables.set('codex', { kind: 'program', program: puppet.program });
    return body(puppet, world);
  });
}

export async function startClient(world: Simulated, more: Partial<CodexClientOptions> = {}): Promise<CodexClient> {
  return value(await CodexClient.start(world.ports, { ...PUPPET_OPTIONS, ...more }));
}

/** Frames of a turn on thread `T1`. */
export const turnFrames = (turnId: string) => {
  const ids = { threadId: 'T1', turnId };
  return {
    active: {
      method: 'thread/status/changed',
      params: { threadId: 'T1', status: { type: 'active', activeFlags: [] } },
    },
    idle: { method: 'thread/status/changed', params: { threadId: 'T1', status: { type: 'idle' } } },
    started: { method: 'turn/started', params: { threadId: 'T1', turn: { id: turnId } } },
    delta: (delta: string) => ({ method: 'item/agentMessage/delta', params: { ...ids, itemId: 'm', delta } }),
    message: (text: string) => ({
      method: 'item/completed',
      params: { ...ids, item: { type: 'agentMessage', id: 'm', text } },
    }),
    completed: (status = 'completed', error: unknown = null) => ({
      method: 'turn/completed',
      params: { threadId: 'T1', turn: { id: turnId, status, error } },
    }),
    approval: (id: number, itemId = 'call_1') => ({
      id,
      method: 'item/commandExecution/requestApproval',
      params: { ...ids, itemId, command: 'rm -r build' },
    }),
  };
};
