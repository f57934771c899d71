import type { Daemon, DaemonStatus, FrontendEvent, PairStatus } from '../../../src/core/index.ts';
import { drain, inMacrotask } from '../../../src/kernel/drain.ts';
import { ownCore } from '../../../src/scenario/core-module.ts';
import type { ChatSetup, Scenario } from '../../../src/scenario/scenario.ts';
import { setUp } from '../../../src/scenario/set-up.ts';
import { Simulation } from '../../../src/scenario/simulation.ts';
import type { SeenTui } from '../../../src/scenario/tuis.ts';

/** A daemon on the simulated machine, asked directly, in virtual time. */
export class Bench {
  readonly simulation: Simulation;

  private constructor(scenario: Scenario) {
    this.simulation = new Simulation(scenario, { core: ownCore, keepTrace: true, model: 'look-up', observe: false });
  }

  /** Runs `test` in one macrotask, with a daemon that has the pairs p1, p2, … and the chats c1, c2, …. */
  static run(pairs: number, chats: readonly ChatSetup[], test: (bench: Bench) => void): Promise<void> {
    return inMacrotask(() => {
      const bench = new Bench({ format: 1, pairs, chats, coTenant: false, steps: [], faults: [], choices: [] });
      bench.simulation.boot();
      bench.pass(10);
      bench.get(setUp(bench.simulation));
      bench.simulation.openChoices();
      test(bench);
      bench.simulation.dispose();
    });
  }

  get daemon(): Daemon {
    return this.simulation.daemon!;
  }

  get status(): DaemonStatus {
    return this.daemon.status();
  }

  pair(pairId: string): PairStatus | undefined {
    return this.status.pairs.find((pair) => pair.pairId === pairId);
  }

  chat(chatId: string): DaemonStatus['chats'][number] {
    return this.status.chats.find((chat) => chat.chatId === chatId)!;
  }

  /** Lets virtual time pass. */
  pass(ms: number): void {
    const { kernel } = this.simulation;
    const until = kernel.now + ms;
    drain();
    while (kernel.step(until)) drain();
    kernel.advanceTo(until);
  }

  /** What a promise gives; lets time pass until then, 60 s at most. */
  get<Value>(promise: Promise<Value>): Value {
    let outcome: { readonly value: Value } | { readonly error: unknown } | null = null;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    for (let waited = 0; outcome === null && waited < 60_000; waited += 10) this.pass(10);
    const settled = outcome as { readonly value: Value } | { readonly error: unknown } | null;
    if (!settled) throw new Error('nothing came of it within 60 s of virtual time');
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  /** Starts a TUI and lets it say hello. */
  tui(pairId: string, token = `tui-${pairId}`): SeenTui {
    const port = this.pair(pairId)!.port;
    this.simulation.tuis.start(pairId, port, token);
    const tui = this.simulation.tuis.last(pairId)!;
    this.pass(100);
    return tui;
  }

  /** Says something in a chat and gives the end of its turn. */
  say(chatId: string, messageId: string, prompt = 'hello'): FrontendEvent | string {
    const sent = this.get(this.daemon.send(chatId, messageId, `${messageId} ${prompt}`));
    if (!sent.accepted) return sent.code;
    this.pass(5_000);
    const ends = this.simulation.kernel.trace.entries.filter(
      ({ type, detail }) => (type === 'turn.ended' || type === 'message.failed') && detail.includes(` ${messageId} `),
    );
    return ends.map(({ detail }) => detail).join('; ');
  }

  /** Details of what was recorded under `type`. */
  seen(type: string): string[] {
    return this.simulation.kernel.trace.entries.filter((entry) => entry.type === type).map(({ detail }) => detail);
  }

  /** The app-server's process of a pair. */
  appServer(pairId: string): number {
    return this.pair(pairId)!.appServerPid!;
  }

  kill(pid: number): void {
    this.simulation.machine.kill(0, pid, 'SIGKILL');
  }
}

export const codex = (pair: number, home: 'chosen' | 'any' = 'chosen'): ChatSetup => ({
  provider: 'codex',
  pair,
  home,
});
