import type { Kernel } from '../kernel/kernel.ts';
import { type ClaudeWorld, installClaude } from '../world/claude/index.ts';
import { type CodexWorld, installCodex } from '../world/codex/index.ts';
import type { Incarnation } from '../world/incarnation.ts';
import type { Machine } from '../world/machine.ts';
import type { ModelSource } from '../world/model/source.ts';

/** A live provider process. */
export interface LiveProvider {
  readonly pid: number;
  /** As the daemon named it, e.g. `codex p1#2`. */
  readonly lane: string;
  /** Number of the daemon that started it. */
  readonly daemon: number;
  /** Its daemon is alive and can write to it. */
  readonly open: boolean;
  readonly initializes: number;
}

/** The provider processes as they really are. */
export class ProvidersTruth {
  readonly #codex: CodexWorld;
  readonly #claude: ClaudeWorld;
  readonly #incarnations: readonly Incarnation[];

  readonly #kernel: Kernel;
  /** Several rules ask at each step. */
  #live: { readonly at: number; readonly value: readonly LiveProvider[] } | null = null;
  #deliveriesSeen = 0;
  #twice: string | null = null;

  constructor(machine: Machine, model: ModelSource, incarnations: readonly Incarnation[]) {
    this.#codex = installCodex(machine, { model });
    this.#claude = installClaude(machine, { model });
    this.#incarnations = incarnations;
    this.#kernel = machine.kernel;
  }

  /** Live provider processes of all daemons so far, in order of their start. */
  live(): readonly LiveProvider[] {
    const { events } = this.#kernel;
    if (this.#live?.at !== events) this.#live = { at: events, value: this.#look() };
    return this.#live.value;
  }

  #look(): LiveProvider[] {
    const live: LiveProvider[] = [];
    for (const [index, incarnation] of this.#incarnations.entries()) {
      for (const [pid, { lane, proc, writable }] of incarnation.children) {
        if (!proc?.alive) continue;
        const truth = lane.startsWith('codex ')
          ? this.#codex.truth(pid, proc.startTicks)
          : this.#claude.truths.find((each) => each.proc === proc);
        live.push({
          pid,
          lane,
          daemon: index + 1,
          open: incarnation.alive && writable,
          initializes: truth?.initializeRequests ?? 0,
        });
      }
    }
    return live;
  }

  /** A message that a provider was given more than once, if there is one. */
  messageGivenTwice(): string | null {
    const codex = this.#codex.servers.reduce((sum, server) => sum + server.deliveries.length, 0);
    const deliveries = this.#claude.truths.reduce((sum, process) => sum + process.messages.length, codex);
    if (deliveries === this.#deliveriesSeen) return this.#twice;
    this.#deliveriesSeen = deliveries;
    const seen = new Set<string>();
    const toCodex = this.#codex.servers.flatMap((server) => server.deliveries.map(({ words }) => words));
    const toClaude = this.#claude.truths.flatMap((process) => process.messages.map(({ text }) => text));
    for (const words of [...toCodex, ...toClaude]) {
      const messageId = words.slice(0, words.indexOf(' '));
      if (seen.has(messageId)) this.#twice = messageId;
      seen.add(messageId);
    }
    return this.#twice;
  }

  /** All app-servers so far, in order of their start. */
  get appServers(): CodexWorld['servers'] {
    return this.#codex.servers;
  }

  /** Turns that run in this app-server. */
  runningTurns(pid: number): number {
    return this.#codex.servers.findLast((server) => server.pid === pid && server.alive)?.running.size ?? 0;
  }
}
