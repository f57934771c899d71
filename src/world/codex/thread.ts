import { startingTurn, tokenUsage } from './frames.ts';
import { type JsonObject, Refused } from './params.ts';
import type { CodexServer } from './server.ts';
import type { StoredThread } from './store.ts';
import { TIMING } from './timings.ts';
import { ServerTurn } from './turn.ts';

type RequestId = number | string;

/** A thread loaded in one server. At most one turn runs on it; a second start steers. */
export class LoadedThread {
  readonly server: CodexServer;
  readonly stored: StoredThread;
  /** Which thread of the process, from 1. */
  readonly number: number;
  /** Requests to the model made for it in this process. */
  modelRequests = 0;
  status: JsonObject = { type: 'idle' };
  #turn: ServerTurn | null = null;
  #waitingApprovals = 0;
  #turnsBegun = 0;
  /** Requests for a turn that have not been dealt with yet. */
  #starts = 0;
  #onRest: (() => void) | null = null;

  constructor(server: CodexServer, stored: StoredThread, number: number) {
    this.server = server;
    this.stored = stored;
    this.number = number;
  }

  startTurn(id: RequestId, texts: readonly string[]): void {
    const { server } = this;
    this.#starts++;
    server.later(TIMING.turnStartResponse, () => {
      const taken = this.#turn ? null : (server.world.faults.turnTaken?.(server.proc) ?? null);
      const work = () => {
        this.#starts--;
        if (this.#turn) this.#join(this.#turn, id, texts, taken?.stub ?? false);
        else this.#begin(texts, (turn) => server.respond(id, { turn: startingTurn(turn.turnId, null) }));
      };
      if (taken) this.#begin([taken.words], () => {}, work);
      else work();
    });
  }

  /** No queue and no refusal: the words go into the running turn, whose id comes back (codex 0.142.5: a new one, O30). */
  #join(running: ServerTurn, id: RequestId, texts: readonly string[], stub: boolean): void {
    const { ids, now } = this.server.world;
    this.server.respond(id, { turn: startingTurn(stub ? ids.v7(now) : running.turnId, null) });
    running.addInput({ texts, clientId: null });
  }

  #begin(texts: readonly string[], respond: (turn: ServerTurn) => void, begun = () => {}): void {
    const { server } = this;
    const turn = new ServerTurn(this, texts, () => this.#ended(turn));
    this.#turn = turn;
    const first = this.#turnsBegun++ === 0;
    // On a thread that has had a turn the response may come after turn/started and what follows (facts 6.3).
    if (first) respond(turn);
    else server.later(0, () => respond(turn));
    server.later(first ? TIMING.turnStartedFirst : TIMING.turnStartedLater, () => {
      turn.begin(first);
      begun();
    });
  }

  steer(id: RequestId, expectedTurnId: string, texts: readonly string[], clientId: string | null): void {
    const turn = this.#turn;
    if (!turn?.active) throw new Refused('no active turn to steer');
    if (turn.turnId !== expectedTurnId) {
      throw new Refused(`expected active turn id \`${expectedTurnId}\` but found \`${turn.turnId}\``);
    }
    this.server.later(TIMING.steer, () => {
      this.server.respond(id, { turnId: turn.turnId });
      turn.addInput({ texts, clientId });
    });
  }

  interrupt(id: RequestId, turnId: string): void {
    const turn = this.#turn;
    // An accepted turn is not active before its turn/started (facts/codex-wire.md 1.1.8).
    if (!turn?.active) throw new Refused('no active turn to interrupt');
    if (turn.turnId !== turnId) throw new Refused(`expected active turn id ${turnId} but found ${turn.turnId}`);
    turn.interrupt(() => this.server.respond(id, {}));
  }

  setStatus(status: JsonObject): readonly [string, JsonObject] {
    this.status = status;
    return ['thread/status/changed', { threadId: this.stored.threadId, status }];
  }

  /** A question to the user is open, or (`by` -1) not any more. Gives the status frame if that changes the status. */
  waitForApproval(by: 1 | -1): readonly (readonly [string, JsonObject])[] {
    this.#waitingApprovals += by;
    if (this.#waitingApprovals !== (by === 1 ? 1 : 0)) return [];
    return [this.setStatus({ type: 'active', activeFlags: by === 1 ? ['waitingOnApproval'] : [] })];
  }

  /** After a resume: the usage of the last turn, if there was any. */
  replayUsage(): void {
    const { stored } = this;
    if (stored.usageTurnId === null) return;
    this.server.notify(['thread/tokenUsage/updated', this.usage(stored.usageTurnId)]);
  }

  usage(turnId: string): JsonObject {
    const { threadId, totalInput, totalOutput, lastInput, lastOutput } = this.stored;
    const total = { input: totalInput, output: totalOutput };
    return { threadId, turnId, tokenUsage: tokenUsage(total, { input: lastInput, output: lastOutput }) };
  }

  /** The unread marker stays at the first unread turn. Only clients of the experimental API see it. */
  readState(turnId: string): readonly (readonly [string, JsonObject])[] {
    const { stored, server } = this;
    stored.firstUnreadTurnId ??= turnId;
    if (!server.experimental) return [];
    const firstUnread = { type: 'turn', turnId: stored.firstUnreadTurnId };
    const readState = { firstUnread, revision: server.world.ids.v4() };
    return [['thread/readState/changed', { threadId: stored.threadId, readState }]];
  }

  /** Calls back as soon as nothing runs on it: at once, or when its turn has ended. */
  whenAtRest(callback: () => void): void {
    this.#onRest = callback;
    this.#rest();
  }

  #rest(): void {
    if (this.#turn || this.#starts > 0) return;
    this.#onRest?.();
    this.#onRest = null;
  }

  #ended(turn: ServerTurn): void {
    this.#waitingApprovals = 0;
    if (this.#turn === turn) this.#turn = null;
    if (this.#onRest) this.server.later(TIMING.quick, () => this.#rest());
  }
}
