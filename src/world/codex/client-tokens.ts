import { isMap, type Json, type JsonObject, Refused } from './params.ts';
import type { CodexServer } from './server.ts';
import { TIMING } from './timings.ts';

/** Tokens as a client gives them, at login and when it is asked for new ones. */
interface Tokens {
  readonly accessToken: string;
  readonly account: string;
}

interface Renewal {
  readonly done: (complaint: string | null) => void;
}

/**
 * ChatGPT tokens that the client has the keeping of. Measured with codex 0.169.0: when the model's API answers 401 the
 * server asks the client for new ones, once for each request to the model and one question at a time: who gets a 401
 * meanwhile asks after that, also when there are new tokens by then. After 10 s it gives up. An interrupt of the turn
 * drops the question, and the next one is asked at once. An answer that comes later than that changes nothing.
 */
export class ClientTokens {
  readonly #server: CodexServer;
  #held: Tokens | null = null;
  readonly #waiting: Renewal[] = [];
  #asking: { readonly renewal: Renewal; readonly question: number } | null = null;

  constructor(server: CodexServer) {
    this.#server = server;
  }

  /** Null when the server has a login of its own. */
  get held(): Tokens | null {
    return this.#held;
  }

  /** `account/login/start`. Throws {@link Refused} for what are no tokens. */
  logIn(params: JsonObject): void {
    const tokens = tokensOf(params);
    if (!tokens) throw new Refused('Invalid request: missing field `accessToken`');
    this.#held = tokens;
  }

  /** Asks for new tokens as soon as nobody else does; `done` gets why there are none, or null. Returns what gives up. */
  renew(done: Renewal['done']): () => void {
    const renewal = { done };
    this.#waiting.push(renewal);
    this.#askNext();
    return () => {
      const place = this.#waiting.indexOf(renewal);
      if (place >= 0) this.#waiting.splice(place, 1);
      if (this.#asking?.renewal === renewal) this.#over(this.#asking.question);
    };
  }

  #askNext(): void {
    const renewal = this.#asking ? undefined : this.#waiting.shift();
    if (!renewal) return;
    const { proc, world } = this.#server;
    const params = { reason: 'unauthorized', previousAccountId: this.#held!.account };
    const question = this.#server.ask('account/chatgptAuthTokens/refresh', params, (answer) => {
      if (!this.#over(question)) return;
      if ('error' in answer) return renewal.done(`auth refresh request failed: code=${String(answer.error.code)}`);
      const tokens = tokensOf(answer.result);
      this.#held = tokens ?? this.#held;
      renewal.done(tokens ? null : 'invalid auth refresh response');
    });
    this.#asking = { renewal, question };
    world.faults.refreshAsked?.({ proc, question });
    proc.after(TIMING.refreshTimeout, () => {
      if (this.#over(question)) renewal.done('auth refresh request timed out after 10s');
    });
  }

  /** False when this question was over before. */
  #over(question: number): boolean {
    if (this.#asking?.question !== question) return false;
    this.#asking = null;
    this.#server.dropQuestion(question);
    this.#server.later(TIMING.quick, () => this.#askNext());
    return true;
  }
}

function tokensOf(value: Json | undefined): Tokens | null {
  if (!isMap(value)) return null;
  const { accessToken, chatgptAccountId } = value;
  if (typeof accessToken !== 'string' || typeof chatgptAccountId !== 'string') return null;
  return { accessToken, account: chatgptAccountId };
}
