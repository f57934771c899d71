import type { Ports } from '../../../../src/core/ports.ts';
import { ClaudeClient, type ClaudeStart } from '../../../../src/core/providers/claude/index.ts';
import type { Outcome, Turn, TurnEvent } from '../../../../src/core/providers/types.ts';
import { inMacrotask, runKernel } from '../../../../src/kernel/drain.ts';
import { Kernel } from '../../../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../../../src/world/database.ts';
import { WorldIds } from '../../../../src/world/ids.ts';
import { Incarnation } from '../../../../src/world/incarnation.ts';
import { Machine } from '../../../../src/world/machine.ts';
import type { Proc } from '../../../../src/world/proc.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into frames at will
type Frame = Readonly<Record<string, any>>;
type Ended = Extract<TurnEvent, { readonly type: 'ended' }>;

export const SESSION = '11111111-1111-4111-8111-111111111111';

/** A process called claude that says what the test wants, to hear what the adapter makes of it. */
export class Puppet {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly ports: Ports;
  readonly daemon: Incarnation;
  readonly log: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  /** Frames that it got. */
  readonly received: Frame[] = [];
  readonly signals: string[] = [];
  /** It answers `initialize`, ends on end of file, and lets signals kill it, unless told otherwise. */
  answersInitialize = true;
  endsWithStdin = true;
  ignoresSigterm = false;
  onStart: ((proc: Proc) => void) | null = null;
  #proc: Proc | null = null;

  constructor(kernel: Kernel, database: WorldDatabase) {
    this.kernel = kernel;
    this.machine = new Machine(kernel);
    this.machine.executables.set('claude', { kind: 'program', program: (proc) => this.#run(proc) });
    this.daemon = new Incarnation({
      machine: this.machine,
      database,
      ids: new WorldIds(),
      uid: 1000,
      number: 1,
      cwd: '/w',
      onPublish: () => {},
      onLog: (type, fields) => this.log.push({ type, fields }),
      onCommit: () => {},
      onHangUp: () => {},
    });
    this.ports = this.daemon.ports;
  }

  get proc(): Proc {
    if (!this.#proc) throw new Error('claude was not started');
    return this.#proc;
  }

  get logged(): string[] {
    return this.log.map(({ type }) => type);
  }

  /** The user messages that it got. */
  get messages(): Frame[] {
    return this.received.filter(({ type }) => type === 'user');
  }

  start(more: Partial<ClaudeStart> = {}): Promise<Outcome<ClaudeClient>> {
    const command = { file: 'claude', args: ['--model=m'], cwd: '/w', env: { HOME: '/home/dev' } };
    return ClaudeClient.start(this.ports, { command, lane: 'claude:1', ...more });
  }

  async started(more: Partial<ClaudeStart> = {}): Promise<ClaudeClient> {
    return value(await this.start(more));
  }

  /** Writes frames (or text as it is) to stdout, in one chunk. */
  send(...frames: readonly (object | string)[]): void {
    this.proc.stdout(
      frames.map((frame) => (typeof frame === 'string' ? frame : `${JSON.stringify(frame)}\n`)).join(''),
    );
  }

  /** Takes the last user message: its lifecycle begins. */
  accept(): string {
    const { uuid } = this.messages.at(-1)!;
    this.send(state('running'), lifecycle(uuid, 'queued'), lifecycle(uuid, 'started'));
    return uuid;
  }

  /** Ends the turn of a message, by default in good order. */
  finish(uuid: string, result: object = {}): void {
    this.send(resultOf(uuid, result), lifecycle(uuid, 'completed'), state('idle'));
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.kernel.schedule(ms, resolve));
  }

  #run(proc: Proc): void {
    this.#proc = proc;
    let rest = '';
    proc.onStdin = (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#onFrame(JSON.parse(line));
    };
    proc.onStdinEnd = () => {
      if (this.endsWithStdin) proc.after(40, () => proc.exit(0));
    };
    proc.onSignal = (signal) => {
      this.signals.push(`${signal} at ${this.kernel.now}`);
      return signal === 'SIGTERM' && this.ignoresSigterm;
    };
    this.onStart?.(proc);
  }

  #onFrame(frame: Frame): void {
    this.received.push(frame);
    if (frame.request?.subtype !== 'initialize' || !this.answersInitialize) return;
    this.send({
      type: 'control_response',
      response: { subtype: 'success', request_id: frame.request_id, response: {} },
    });
  }
}

/** Runs a test in virtual time. */
export function withPuppet<T>(test: (puppet: Puppet) => Promise<T>): Promise<T> {
  return inMacrotask(() => {
    const kernel = new Kernel();
    const database = new WorldDatabase();
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null;
    test(new Puppet(kernel, database)).then(
      (given) => {
        outcome = { value: given };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    try {
      runKernel(kernel);
    } finally {
      database.close();
    }
    const done = outcome as { readonly value: T } | { readonly error: unknown } | null;
    if (!done) throw new Error(`the test waits for ever: nothing is due after ${kernel.now} virtual ms`);
    if ('error' in done) throw done.error;
    return done.value;
  });
}

export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.class}: ${outcome.failure.message}`);
  return outcome.value;
}

/** A turn as the adapter's user sees it. */
export class Heard {
  readonly events: TurnEvent[] = [];
  readonly outcome: Promise<Outcome<Turn>>;

  constructor(client: ClaudeClient, text = 'hello') {
    this.outcome = client.startTurn(text, (event) => this.events.push(event));
  }

  async turn(): Promise<Turn> {
    return value(await this.outcome);
  }

  get types(): string {
    return this.events.map((event) => (event.type === 'tool' ? `tool:${event.status}` : event.type)).join(' ');
  }

  get end(): Ended | undefined {
    const last = this.events.at(-1);
    return last?.type === 'ended' ? last : undefined;
  }
}

export const state = (name: string): object => ({
  type: 'system',
  subtype: 'session_state_changed',
  state: name,
  session_id: SESSION,
});

export const lifecycle = (uuid: string, name: string): object => ({
  type: 'command_lifecycle',
  command_uuid: uuid,
  state: name,
});

export const resultOf = (uuid: string | null, more: object = {}): object => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  terminal_reason: 'completed',
  ...(uuid === null ? {} : { user_message_uuid: uuid, user_message_uuids: [uuid] }),
  ...more,
});

export const assistant = (block: object, more: object = {}): object => ({
  type: 'assistant',
  message: { id: 'msg_1', content: [block] },
  parent_tool_use_id: null,
  ...more,
});

export const toolUse = (id: string, command: string): object =>
  assistant({ type: 'tool_use', id, name: 'Bash', input: { command } });

export const toolResult = (id: string, error: boolean, meta: object = {}): object => ({
  type: 'user',
  message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'x', is_error: error }] },
  parent_tool_use_id: null,
  tool_result_meta: [{ id, ...meta }],
});

export const asking = (requestId: string, toolUseId: string, command: string): object => ({
  type: 'control_request',
  request_id: requestId,
  request: { subtype: 'can_use_tool', tool_name: 'Bash', input: { command }, tool_use_id: toolUseId },
});
