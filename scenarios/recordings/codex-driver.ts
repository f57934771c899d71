import type { CodexSettings } from '../../src/cli/fixtures/codex-kit.ts';
import type { Fixture, Seen, Stage } from '../../src/cli/fixtures/fixture.ts';
import { CodexClient } from '../../src/core/providers/codex/index.ts';
import type { Decision, Outcome, Turn, TurnEvent } from '../../src/core/providers/types.ts';
import type { ReplyStep } from '../../src/world/model/index.ts';

export type CodexFixture = Fixture<CodexSettings>;

/** A short answer. */
export const HELLO: ReplyStep = { do: 'text', chunks: ['Hello from the ', 'scripted model.'], gapMs: 5 };

/** Drives one app-server through the real adapter. Every act is declared to be caused by what was last waited for. */
export class CodexDriver {
  readonly client: CodexClient;
  readonly stage: Stage;
  #seen: Seen | null = null;

  private constructor(stage: Stage, client: CodexClient) {
    this.stage = stage;
    this.client = client;
  }

  /** Starts the `number`-th app-server of the recording. */
  static async start(stage: Stage, number = 1): Promise<CodexDriver> {
    const outcome = await CodexClient.start(stage.ports, {
      command: stage.command,
      lane: `codex:${number}`,
      clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
      initializeTimeoutMs: 20_000,
      requestTimeoutMs: 20_000,
    });
    return new CodexDriver(stage, must(outcome));
  }

  async startThread(): Promise<string> {
    return must(await this.client.startThread({ cwd: this.stage.cwd }));
  }

  async resume(threadId: string): Promise<void> {
    must(await this.client.resumeThread(threadId));
  }

  /** Starts a turn and resolves when the server has accepted it. */
  async turn(threadId: string, words: string): Promise<DrivenTurn> {
    const turn = new DrivenTurn(this);
    this.declare();
    turn.accepted(must(await this.client.startTurn(threadId, words, turn.sink)));
    return turn;
  }

  /** The same for a turn that is not disturbed: resolves at its end. */
  async wholeTurn(threadId: string, words: string): Promise<DrivenTurn> {
    const turn = await this.turn(threadId, words);
    await turn.until('ended');
    return turn;
  }

  /** Kills the server and resolves when the client has seen it. */
  async kill(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.client.onEnd(() => resolve()));
    this.declare();
    await this.stage.signal(this.client.identity, 'SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    this.declare();
    await this.client.close();
  }

  /** @internal What the next act is caused by. */
  saw(seen: Seen): void {
    this.#seen = seen;
  }

  /** @internal Tells the stage why the act that follows happens. */
  declare(): void {
    if (this.#seen) this.stage.because(this.client.lane, this.#seen);
    this.#seen = null;
  }
}

/** One server, one thread, one turn. */
export async function oneTurn(driver: CodexDriver, words: string): Promise<void> {
  await driver.wholeTurn(await driver.startThread(), words);
  await driver.close();
}

/** A turn and what has been seen of it. */
export class DrivenTurn {
  readonly events: TurnEvent[] = [];
  readonly #driver: CodexDriver;
  readonly #lines: Seen[] = [];
  #turn: Turn | null = null;
  #next = 0;
  #wake: (() => void) | null = null;

  constructor(driver: CodexDriver) {
    this.#driver = driver;
  }

  readonly sink = (event: TurnEvent): void => {
    this.events.push(event);
    const { stage, client } = this.#driver;
    this.#lines.push(stage.handling(client.lane));
    this.#wake?.();
  };

  /** @internal */
  accepted(turn: Turn): void {
    this.#turn = turn;
  }

  /** Waits for the next event of this type after those waited for before. Rejects when the turn ends without one. */
  async until<Type extends TurnEvent['type']>(type: Type): Promise<Extract<TurnEvent, { type: Type }>> {
    for (;;) {
      while (this.#next < this.events.length) {
        const index = this.#next++;
        const event = this.events[index]!;
        if (event.type === type) {
          this.#driver.saw(this.#lines[index]!);
          return event as Extract<TurnEvent, { type: Type }>;
        }
        if (event.type === 'ended') throw new Error(`the turn ended without "${type}": ${JSON.stringify(event)}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  async interrupt(): Promise<void> {
    this.#driver.declare();
    must(await this.#turn!.interrupt());
  }

  answer(approvalId: string, decision: Decision): void {
    this.#driver.declare();
    if (!this.#turn!.answer(approvalId, decision)) throw new Error(`approval ${approvalId} is not open`);
  }
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.class}: ${outcome.failure.message}`);
  return outcome.value;
}
