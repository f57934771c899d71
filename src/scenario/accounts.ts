import type { RefreshResult } from '../core/ports.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { ModelFault } from '../world/codex/index.ts';
import type { Incarnation } from '../world/incarnation.ts';
import type { Proc } from '../world/proc.ts';
import { frozenMs } from './daemon-pauses.ts';
import type { Fault, Scenario } from './scenario.ts';

/** What the next request for new tokens comes to. */
type Next = Extract<Fault, { kind: 'tokens-expire' }>['next'];

/** Virtual ms until the authority answers. */
const USUAL_MS = 300;
const TAKES_MS: Partial<Readonly<Record<Next, number>>> = { slow: 8_000, late: 12_000 };
/** codex would have given up by then. */
const LAST_MS = 9_000;

interface Account {
  readonly accountId: string;
  /** As codex knows it. */
  readonly name: string;
  /** Number of the youngest access token, and up to which they have expired. */
  issued: number;
  expired: number;
  next: Next;
  /** Daemons with a request for new tokens under way. */
  readonly exchanges: Set<Incarnation>;
  /** When the last new tokens were given out. */
  freshAt: number;
  fired: () => void;
}

/** One time that codex asked its client for new tokens. */
export interface RefreshQuestion {
  readonly proc: Proc;
  readonly lane: string;
  /** Virtual ms. */
  readonly askedAt: number;
  /** See `daemon-pauses.ts`. */
  readonly frozenMs: number;
  /** When the daemon wrote an answer. */
  readonly answers: number[];
  /** The daemon refused in the very instant in which it got what it was asked for. */
  withheld: boolean;
}

export interface AccountsWorld {
  readonly kernel: Kernel;
  readonly scenario: Scenario;
  readonly incarnations: readonly Incarnation[];
  /** The daemon has learnt something. */
  forgetStatus(): void;
}

/** The accounts at the model's API whose tokens the daemon has the keeping of, as their authority knows them. */
export class Accounts {
  readonly questions: RefreshQuestion[] = [];
  /** Accounts whose refresh token was used while a request with it was under way. */
  readonly usedTwice: string[] = [];
  /** Requests to the model under another account than that of their pair. */
  readonly strayed: { readonly lane: string; readonly expected: string; readonly seen: string }[] = [];
  readonly #world: AccountsWorld;
  readonly #accounts = new Map<string, Account>();

  /** Looks into `world` only when it is asked something: that may still be in the making. */
  constructor(world: AccountsWorld) {
    this.#world = world;
  }

  /** The account of a pair; null when codex has a login of its own. */
  of(pairId: string): Account | null {
    const { accounts = 'own' } = this.#world.scenario;
    if (accounts === 'own') return null;
    const accountId = accounts === 'shared' ? 'dev' : `dev-${pairId}`;
    const known = this.#accounts.get(accountId);
    if (known) return known;
    const account: Account = {
      accountId,
      name: `acct-${accountId}`,
      issued: 1,
      expired: 0,
      next: 'renewed',
      exchanges: new Set(),
      freshAt: -1,
      fired: () => {},
    };
    this.#accounts.set(accountId, account);
    return account;
  }

  /** Every token that the account of this pair has is refused from now on; `fired` is told when one is. */
  expire(account: Account, next: Next, fired: () => void): void {
    account.expired = account.issued;
    account.next = next;
    account.fired = fired;
  }

  /** Somebody logs in anew. */
  logIn(account: Account): void {
    account.issued++;
    account.next = 'renewed';
  }

  /** The authority's side of `Credentials.refresh`. A refresh token is good for one request (facts B2, B3 O24). */
  refresh(accountId: string): Promise<RefreshResult> {
    const account = this.#accounts.get(accountId);
    const daemon = this.#world.incarnations.at(-1)!;
    if (!account) return Promise.resolve({ kind: 'refused', permanent: false, reason: 'no tokens are kept' });
    this.#world.kernel.record('authority', 'tokens.requested', accountId);
    if (account.exchanges.has(daemon)) {
      this.usedTwice.push(accountId);
      account.next = 'revoked';
    }
    const { next } = account;
    if (next !== 'revoked') account.next = 'renewed';
    account.exchanges.add(daemon);
    return new Promise((resolve) => {
      this.#world.kernel.schedule(TAKES_MS[next] ?? USUAL_MS, () => {
        account.exchanges.delete(daemon);
        this.#world.kernel.record('authority', 'tokens.answered', `${accountId} ${next}`);
        const result = this.#exchanged(account, next);
        this.#world.forgetStatus();
        if (daemon.alive) resolve(result);
      });
    });
  }

  /** How the model's API takes a request of this process. */
  judge(proc: Proc, tokens: { readonly accessToken: string; readonly account: string } | null): ModelFault | null {
    if (!tokens) return null;
    const lane = this.#pipesOf(proc)?.lane ?? '';
    const own = this.of(lane.slice('codex '.length, lane.indexOf('#')));
    if (own && own.name !== tokens.account) this.strayed.push({ lane, expected: own.name, seen: tokens.account });
    const account = [...this.#accounts.values()].find(({ name }) => name === tokens.account);
    const number = Number(tokens.accessToken.slice(tokens.accessToken.lastIndexOf('.') + 1));
    if (!account || number > account.expired) return null;
    account.fired();
    return { kind: 'status', status: 401 };
  }

  /** codex asks for new tokens; `onRefused` is told when the daemon has none to give. */
  asked(proc: Proc, question: number, onRefused: () => void): void {
    const pipes = this.#pipesOf(proc);
    if (!pipes) return;
    const askedAt = this.#world.kernel.now;
    const asked: RefreshQuestion = {
      proc,
      lane: pipes.lane,
      askedAt,
      frozenMs: frozenMs(this.#world),
      answers: [],
      withheld: false,
    };
    this.questions.push(asked);
    const account = this.of(pipes.lane.slice('codex '.length, pipes.lane.indexOf('#')));
    pipes.watchStdin((data) => {
      const refused = data.startsWith(`{"id":${question},"error":`);
      if (!refused && !data.startsWith(`{"id":${question},"result":`)) return;
      const { now } = this.#world.kernel;
      asked.answers.push(now);
      if (!refused) return;
      asked.withheld ||= account?.freshAt === now && now < askedAt + LAST_MS;
      onRefused();
    });
  }

  tokensOf(account: Account) {
    const { name, issued } = account;
    return { accessToken: `token.${name}.${issued}`, chatgptAccountId: name, chatgptPlanType: 'pro' };
  }

  #exchanged(account: Account, next: Next): RefreshResult {
    if (next === 'revoked') return { kind: 'refused', permanent: true, reason: 'refresh_token_reused' };
    if (next === 'refused') return { kind: 'refused', permanent: false, reason: 'the authority does not answer' };
    account.issued++;
    const tokens = this.tokensOf(account);
    if (next === 'stranger') return { kind: 'fresh', tokens: { ...tokens, chatgptAccountId: 'acct-stranger' } };
    account.freshAt = this.#world.kernel.now;
    return { kind: 'fresh', tokens };
  }

  #pipesOf(proc: Proc) {
    const pipes = this.#world.incarnations.at(-1)?.children.get(proc.pid);
    return pipes?.proc === proc ? pipes : undefined;
  }
}
