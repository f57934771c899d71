import { type ClaudeWorld, installClaude } from '../world/claude/index.ts';
import { type CodexWorld, installCodex, type ServerTruth } from '../world/codex/index.ts';
import type { Incarnation } from '../world/incarnation.ts';
import type { Machine } from '../world/machine.ts';
import type { ModelSource } from '../world/model/source.ts';
import type { Pipes } from '../world/pipes.ts';
import type { Proc } from '../world/proc.ts';
import type { Accounts } from './accounts.ts';
import { LOGIN } from './logins.ts';
import { ProviderFaults } from './provider-faults.ts';

/** A live provider process. */
export interface LiveProvider {
  readonly pid: number;
  readonly proc: Proc;
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

  readonly #machine: Machine;
  readonly faults: ProviderFaults;
  /** Goes up with each start and end of a provider process. */
  lives = 0;
  /** Several rules ask at each step; between starts and ends of processes the list stays the same. */
  #live: { readonly lives: number; readonly value: readonly LiveProvider[] } | null = null;
  #twice: string | null = null;
  readonly #givenSoFar = new Set<string>();
  #codexSeen = 0;
  #claudeSeen = 0;
  #threadsClosed = 0;

  constructor(machine: Machine, model: ModelSource, incarnations: readonly Incarnation[], accounts: Accounts) {
    this.faults = new ProviderFaults(accounts);
    this.#codex = installCodex(machine, { model, faults: this.faults.codex });
    this.#claude = installClaude(machine, { model, faults: this.faults.claude });
    this.#incarnations = incarnations;
    this.#machine = machine;
  }

  /** Goes up with each request or message that a provider is given and each thread that one loads or unloads. */
  get changes(): number {
    return this.#codex.changes + this.#claude.changes;
  }

  /** Live provider processes of all daemons so far, in order of their start. */
  live(): readonly LiveProvider[] {
    const { lives } = this;
    if (this.#live?.lives !== lives) this.#live = { lives, value: this.#look() };
    return this.#live.value;
  }

  /** A daemon has started a provider process. */
  spawned({ proc }: Pipes): void {
    this.lives++;
    if (!proc) return;
    const { onDeath } = proc;
    proc.onDeath = () => {
      onDeath?.();
      this.lives++;
    };
  }

  #look(): LiveProvider[] {
    const live: LiveProvider[] = [];
    for (const [index, incarnation] of this.#incarnations.entries()) {
      for (const [pid, pipes] of incarnation.children) {
        const { lane, proc } = pipes;
        if (!proc?.alive) continue;
        const truth = lane.startsWith('codex ')
          ? this.#codex.truth(proc)
          : this.#claude.truths.find((each) => each.proc === proc);
        live.push({
          ...{ pid, proc, lane, daemon: index + 1 },
          get open() {
            return incarnation.alive && pipes.writable;
          },
          get initializes() {
            return truth?.initializeRequests ?? 0;
          },
        });
      }
    }
    return live;
  }

  /** A message that a provider was given more than once, if there is one. */
  messageGivenTwice(): string | null {
    for (; this.#codexSeen < this.#codex.deliveries.length; this.#codexSeen++)
      this.#given(this.#codex.deliveries[this.#codexSeen]!.words);
    for (; this.#claudeSeen < this.#claude.deliveries.length; this.#claudeSeen++)
      this.#given(this.#claude.deliveries[this.#claudeSeen]!);
    return this.#twice;
  }

  #given(words: string): void {
    const messageId = idOf(words);
    if (this.#givenSoFar.has(messageId)) this.#twice = messageId;
    this.#givenSoFar.add(messageId);
  }

  /** Everything that app-servers were given so far, in order. */
  get deliveries(): CodexWorld['deliveries'] {
    return this.#codex.deliveries;
  }

  /** All app-servers so far, in order of their start. */
  get appServers(): CodexWorld['servers'] {
    return this.#codex.servers;
  }

  /** This process, or the wire to it, has done what may make the daemon give it up. */
  disturb(proc: Proc, how: 'for a while' | 'for good' = 'for a while'): void {
    this.faults.disturbed.add(proc);
    if (how === 'for good') this.faults.lost.add(proc);
  }

  /** Nobody will ever hear of it, or it does not get to run at present: it may be ended under its users. */
  isUnheard(pid: number): boolean {
    const proc = this.#machine.processes.get(pid);
    return proc !== undefined && (proc.state === 'stopped' || this.faults.lost.has(proc));
  }

  /** Something happened after which the daemon has to find its way back. */
  get anyDisturbed(): boolean {
    const { disturbed, loggedOut } = this.faults;
    return disturbed.size + loggedOut.size + this.#threadsClosed > 0;
  }

  /** An app-server closes one of its threads as soon as nothing runs on it, if it is still to. False when it has none. */
  closeThread(proc: Proc, which: number, wanted: () => boolean, closed: () => void): boolean {
    return this.#codex.unloadThread(proc, which, wanted, () => {
      this.#threadsClosed++;
      closed();
    });
  }

  /** For which pair an app-server was started, and under which login; null for one of an earlier daemon. */
  loginOf(server: ServerTruth): { readonly pairId: string; readonly name: string } | null {
    const lane = this.#incarnations.at(-1)?.children.get(server.pid)?.lane;
    const name = server.proc.env[LOGIN];
    if (lane === undefined || name === undefined) return null;
    return { pairId: lane.slice('codex '.length, lane.indexOf('#')), name };
  }

  isDisturbed(process: Proc | number): boolean {
    const proc = typeof process === 'number' ? this.#machine.processes.get(process) : process;
    return proc !== undefined && (this.faults.disturbed.has(proc) || this.faults.loggedOut.has(proc));
  }

  /** What became of the turn of a codex message, as its app-server has it; null when none began. */
  turnOf(messageId: string) {
    for (const { pid, proc, deliveries, ended } of this.#codex.servers) {
      const delivery = deliveries.findLast(({ words }) => words.startsWith(`${messageId} `));
      if (!delivery) continue;
      const end = ended.find(({ turnId }) => turnId === delivery.turnId);
      const hungUpAt = this.#pipesOf(proc)?.hungUpAt ?? null;
      // Who hangs up does not listen any more, in that very instant neither.
      const tooLate = end !== undefined && hungUpAt !== null && end.atMs >= hungUpAt;
      return { pid, proc, turnId: delivery.turnId, status: end?.status ?? 'has not ended', tooLate };
    }
    return null;
  }

  #pipesOf(proc: Proc): Pipes | undefined {
    for (const { children } of this.#incarnations) {
      const pipes = children.get(proc.pid);
      if (pipes?.proc === proc) return pipes;
    }
    return undefined;
  }

  /** The daemon has not read yet what this process has said. */
  isUnread(pid: number): boolean {
    const child = this.#incarnations.at(-1)?.children.get(pid);
    return child !== undefined && child.unread > 0;
  }

  /** The same, without what is there for a daemon that did not get to run and now looks at other things first. */
  isOnItsWay(pid: number): boolean {
    return this.#incarnations.at(-1)?.children.get(pid)?.onItsWay ?? false;
  }

  /** Words of the turns that run in live providers. */
  runningWork(): { readonly pid: number; readonly lane: string; readonly words: string }[] {
    return this.live().flatMap(({ pid, lane }) => {
      const server = this.#codex.servers.findLast((each) => each.pid === pid && each.alive);
      const process = this.#claude.truths.findLast((each) => each.pid === pid && each.proc.alive);
      const turns = [...(server?.running.values() ?? [])];
      const given = server?.deliveries.filter(({ turnId }) => turns.includes(turnId)).map(({ words }) => words) ?? [];
      return [...given, ...(process?.running ?? [])].map((words) => ({ pid, lane, words }));
    });
  }

  /** When the daemon last heard of its youngest process in a lane that begins so; -1 for never. */
  heardAt(lanePrefix: string): number {
    let at = -1;
    for (const { lane, lastHeardAt } of this.#incarnations.at(-1)?.children.values() ?? []) {
      if (lane.startsWith(lanePrefix)) at = Math.max(at, lastHeardAt);
    }
    return at;
  }

  /** Ids of the messages and helpers whose turns run in this process. */
  workOf(pid: number): readonly string[] {
    return this.runningWork()
      .filter((work) => work.pid === pid)
      .map(({ words }) => idOf(words));
  }

  /** Ids of the messages and helpers that this app-server was ever given, in order. */
  givenTo(pid: number): readonly string[] {
    const server = this.#codex.servers.findLast((each) => each.pid === pid && each.alive);
    return server?.deliveries.map(({ words }) => idOf(words)) ?? [];
  }
}

/** A prompt begins with the id of its message or helper. */
function idOf(words: string): string {
  return words.slice(0, words.indexOf(' '));
}
