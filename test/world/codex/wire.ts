import { type Choice, ChoiceList } from '../../../src/kernel/choices.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { type CodexOptions, type CodexWorld, installCodex, type ServerTruth } from '../../../src/world/codex/index.ts';
import { Machine } from '../../../src/world/machine.ts';
import type { ModelScript } from '../../../src/world/model/index.ts';
import { scriptSource } from '../../../src/world/model/source.ts';
import type { Proc } from '../../../src/world/proc.ts';

export type Body = { readonly [key: string]: unknown };
export interface WireFrame {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Body;
  readonly result?: Body;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface WireOptions extends Partial<CodexOptions> {
  readonly script?: ModelScript;
  readonly choices?: readonly Choice[];
}

/** A machine with codex on it, spoken to in bare frames. */
export class Wire {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly codex: CodexWorld;
  readonly parent: Proc;

  constructor({ script = { rules: [] }, choices = [], ...options }: WireOptions = {}) {
    this.kernel = new Kernel({ choices: new ChoiceList(choices) });
    this.machine = new Machine(this.kernel);
    this.codex = installCodex(this.machine, { model: scriptSource(script), ...options });
    const sink = { stdout: () => {}, stderr: () => {}, exited: () => {} };
    const daemon = {
      argv: ['daemon'],
      program: () => {},
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: '/w',
      env: {},
      sink,
    };
    this.parent = this.machine.start(daemon);
  }

  server(home = '/home/dev/.codex'): WireServer {
    return new WireServer(this, home);
  }

  /** Lets this much virtual time pass. */
  run(ms: number): void {
    const until = this.kernel.now + ms;
    this.kernel.schedule(ms, () => {});
    while (this.kernel.step(until));
  }
}

/** One app-server process and everything it has said. */
export class WireServer {
  readonly proc: Proc;
  readonly frames: WireFrame[] = [];
  stderr = '';
  exit: readonly [code: number | null, signal: string | null] | null = null;
  readonly #wire: Wire;
  #lastId = 0;

  constructor(wire: Wire, home: string) {
    this.#wire = wire;
    this.proc = wire.machine.start({
      argv: ['codex', 'app-server'],
      program: wire.codex.program,
      parent: wire.parent,
      newGroup: true,
      uid: 1000,
      cwd: '/w',
      env: { CODEX_HOME: home },
      sink: {
        stdout: (chunk) => {
          for (const line of chunk.split('\n')) if (line !== '') this.frames.push(JSON.parse(line) as WireFrame);
        },
        stderr: (chunk) => {
          this.stderr += chunk;
        },
        exited: (code, signal) => {
          this.exit = [code, signal];
        },
      },
    });
  }

  get truth(): ServerTruth {
    return this.#wire.codex.truth(this.proc)!;
  }

  raw(line: string): void {
    this.proc.feed(`${line}\n`);
  }

  /** Sends a request and gives its id, without waiting. */
  send(method: string, params?: Body): number {
    const id = ++this.#lastId;
    this.raw(JSON.stringify(params === undefined ? { id, method } : { id, method, params }));
    return id;
  }

  answer(id: number, result: Body): void {
    this.raw(JSON.stringify({ id, result }));
  }

  /** Sends a request and waits for its answer: the result, or the error's message. */
  call(method: string, params?: Body): Body | string {
    const id = this.send(method, params);
    for (let waited = 0; waited < 2_000; waited += 10) {
      const answer = this.frames.find((frame) => frame.id === id && frame.method === undefined);
      if (answer) return answer.error ? `${answer.error.code} ${answer.error.message}` : answer.result!;
      this.#wire.run(10);
    }
    throw new Error(`${method} was not answered`);
  }

  initialize(experimentalApi = false): void {
    this.call('initialize', { clientInfo: { name: 'test', version: '1' }, capabilities: { experimentalApi } });
    this.raw('{"method":"initialized"}');
  }

  startThread(more: Body = {}): string {
    const { thread } = this.call('thread/start', { cwd: '/w', ...more }) as { thread: { id: string } };
    return thread.id;
  }

  startTurn(threadId: string, text: string): string {
    const { turn } = this.call('turn/start', { threadId, input: [{ type: 'text', text, text_elements: [] }] }) as {
      turn: { id: string };
    };
    return turn.id;
  }

  /** Methods (and statuses) of what was said since `from`, in order. */
  said(from = 0): string[] {
    return this.frames.slice(from).map(({ method, params, error }) => {
      if (method === 'thread/status/changed') {
        const { type, activeFlags } = params!.status as { type: string; activeFlags?: readonly string[] };
        return `status ${[type, ...(activeFlags ?? [])].join(' ')}`;
      }
      if (method === 'item/started' || method === 'item/completed') return `${method} ${(params!.item as Body).type}`;
      if (method === 'turn/completed') return `${method} ${(params!.turn as Body).status}`;
      return method ?? (error ? 'error response' : 'response');
    });
  }
}
