import type { ClaudeFaults } from '../world/claude/index.ts';
import type { CodexFaults, ModelFault } from '../world/codex/index.ts';
import type { Proc } from '../world/proc.ts';
import type { Accounts } from './accounts.ts';

export type Refusal = 'overload' | '401' | 'internal';

/** Words and codes of facts/pairs-and-shared-client.md B2. */
const REFUSALS: Readonly<Record<Refusal, { readonly code: number; readonly message: string }>> = {
  overload: { code: -32_001, message: 'Server overloaded; retry later.' },
  '401': { code: -32_000, message: '401 authentication_error: Invalid bearer token' },
  internal: { code: -32_603, message: 'internal error' },
};

/** What the simulated providers are to do wrong. */
export class ProviderFaults {
  /** Processes that did, or whose wire did, what may make a daemon give them up. */
  readonly disturbed = new Set<Proc>();
  /** Those whose tokens the daemon could not renew. */
  readonly loggedOut = new Set<Proc>();
  /** Those whose last words were the end of a turn, said in full: that line. What came in the same instant was not said. */
  readonly lastWords = new Map<Proc, string>();
  /** Those that will never be heard again. */
  readonly lost = new Set<Proc>();
  readonly #hangs = new Map<number, { readonly at: 'request' | 'stream'; readonly fired: () => void }>();
  #others = 0;
  readonly #taken = new Map<Proc, { readonly stub: boolean; readonly fired: () => void }>();
  readonly #refusals = new Map<Proc, { readonly how: Refusal; left: number; readonly fired: () => void }>();

  readonly codex: CodexFaults;
  readonly claude: ClaudeFaults = { model: ({ pid }) => this.#hang(pid) };

  constructor(accounts: Accounts) {
    this.codex = {
      request: (request) => this.#refusal(request),
      model: ({ proc, tokens }) => this.#hang(proc.pid) ?? accounts.judge(proc, tokens),
      turnTaken: (proc) => this.#turnTaken(proc),
      refreshAsked: ({ proc, question }) => accounts.asked(proc, question, () => this.loggedOut.add(proc)),
    };
  }

  /** The next `times` requests to this app-server are refused. */
  refuse(proc: Proc, how: Refusal, times: number, fired: () => void): void {
    this.#refusals.set(proc, { how, left: times, fired });
  }

  /** The next request of this process to the model gets no answer, or not the whole of it. */
  hangModel(pid: number, at: 'request' | 'stream', fired: () => void): void {
    this.#hangs.set(pid, { at, fired });
  }

  /** The next turn that is asked for on this app-server finds that somebody else has begun one. */
  takeTurn(proc: Proc, stub: boolean, fired: () => void): void {
    this.#taken.set(proc, { stub, fired });
  }

  takeNoTurns(): void {
    this.#taken.clear();
  }

  #turnTaken(proc: Proc) {
    const taken = this.#taken.get(proc);
    if (!taken) return null;
    this.#taken.delete(proc);
    taken.fired();
    return { words: `other${++this.#others} story`, stub: taken.stub };
  }

  #refusal({ proc, method }: { readonly proc: Proc; readonly method: string }) {
    const refusal = this.#refusals.get(proc);
    // A server is never too busy to be asked to stop.
    if (!refusal || refusal.left === 0 || method === 'turn/interrupt') return null;
    refusal.left--;
    refusal.fired();
    return REFUSALS[refusal.how];
  }

  #hang(pid: number): ModelFault | null {
    const hang = this.#hangs.get(pid);
    if (!hang) return null;
    this.#hangs.delete(pid);
    hang.fired();
    return { kind: 'hang', at: hang.at };
  }
}
