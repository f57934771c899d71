import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';
import { pairOf } from './pair-answers.ts';

/** People and programs remember where a TUI connects. */
export class PortsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'ports-are-kept',
    kind: 'safety',
    sentence: 'A pair has a port of its own and keeps it, also across restarts, until it is forgotten.',
    source: 'facts/pairs-and-shared-client.md C1 S11; A3 M08, M09',
  };
  readonly watches: readonly Source[] = ['status', 'ports', 'requests'];
  readonly #ports = new Map<string, { readonly port: number; readonly forgets: number }>();

  check({ status, book, incarnation, machine }: Simulation): Broken | null {
    if (!status) return null;
    const owners = new Map<number, string>();
    for (const { pairId, port, listening } of status.pairs) {
      const forgets = book.forgets.get(pairId) ?? 0;
      const known = this.#ports.get(pairId);
      if (!known || known.forgets !== forgets) this.#ports.set(pairId, { port, forgets });
      else if (known.port !== port) {
        return { subject: `pair ${pairId}`, expected: `port ${known.port}, as ever`, seen: `port ${port}` };
      }
      const other = owners.get(port);
      if (other !== undefined) {
        return { subject: `pair ${pairId}`, expected: 'a port of its own', seen: `${port}, which is ${other}'s` };
      }
      owners.set(port, pairId);
      const holder = machine.network.holderOf(port);
      if (listening && holder !== incarnation?.proc.pid) {
        return {
          subject: `pair ${pairId}`,
          expected: `somebody listens on port ${port}`,
          seen: `${holder ?? 'nobody'} does`,
        };
      }
    }
    // A pair that does not run, and was not forgotten, has its port still.
    for (const [pairId, { port, forgets }] of this.#ports) {
      if ((book.forgets.get(pairId) ?? 0) !== forgets) this.#ports.delete(pairId);
      const other = owners.get(port);
      if (other === undefined || other === pairId || book.asking(pairId) > 0 || !this.#ports.has(pairId)) continue;
      return { subject: `pair ${other}`, expected: `a port other than ${port}, which is ${pairId}'s`, seen: `${port}` };
    }
    return null;
  }
}

/** What could not be started is not there. */
export class NothingIsLeftOfAFailedStart implements Checker {
  readonly rule: Rule = {
    id: 'nothing-is-left-of-a-failed-start',
    kind: 'safety',
    sentence: 'The daemon holds ports and runs app-servers for the pairs that there are, and for no others.',
    source: 'facts/pairs-and-shared-client.md C1 S12; A4 B31, B07',
  };
  #changes = -1;
  #pairs = -1;
  /** When a wrong state was first seen: a pair that is going leaves in several steps. */
  #since: number | null = null;

  check({ status, book, incarnation, machine, now, providers }: Simulation): Broken | null {
    if (!status || status.phase === 'stopping' || book.askingAnything) {
      this.#since = null;
      return null;
    }
    const { changes } = machine.network;
    if (this.#since === null && changes === this.#changes && status.pairs.length === this.#pairs) return null;
    this.#changes = changes;
    this.#pairs = status.pairs.length;
    const ports = new Set(status.pairs.map(({ port }) => port));
    const held = incarnation ? machine.network.portsOf(incarnation.proc).find((port) => !ports.has(port)) : undefined;
    const left = providers
      .live()
      .find(({ lane, open }) => open && lane.startsWith('codex ') && !pairOf(status, pairIn(lane)));
    const what = held !== undefined ? `port ${held}` : left ? `${left.lane}, pid ${left.pid}` : null;
    if (what === null) {
      this.#since = null;
      return null;
    }
    this.#since ??= now;
    if (now - this.#since < 5_000) return null;
    return { subject: 'the daemon', expected: 'nothing of a pair that there is not', seen: `${what} is held` };
  }
}

/** `p1` of `codex p1#2`. */
function pairIn(lane: string): string {
  return lane.slice('codex '.length, lane.indexOf('#'));
}

/** Nobody is forgotten when the daemon goes. */
export class ShutdownEndsEveryProcess implements Checker {
  readonly rule: Rule = {
    id: 'shutdown-ends-every-process',
    kind: 'safety',
    sentence: 'When the daemon has shut down in good order, the provider processes of all pairs and chats are gone.',
    source: 'facts/pairs-and-shared-client.md C2 L6; A2 D3; A4 B07, B38',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ leftBehind }: Simulation): Broken | null {
    const [first] = leftBehind;
    if (!first) return null;
    const subject = `${first.lane}, pid ${first.proc?.pid}`;
    return { subject, expected: 'gone: its daemon has shut down', seen: 'it runs on' };
  }
}

/** Trouble does not feed itself. */
export class NoRestartStorm implements Checker {
  readonly rule: Rule = {
    id: 'no-restart-storm',
    kind: 'safety',
    sentence:
      'An app-server that dies again and again is started ever more rarely, whatever it answered before it died.',
    source: 'facts/pairs-and-shared-client.md C2 L5, L7; A2 R3',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;
  readonly #starts = new Map<string, number[]>();

  check({ spawns, scenario }: Simulation): Broken | null {
    for (; this.#seen < spawns.length; this.#seen++) {
      const { lane, at } = spawns[this.#seen]!;
      if (!lane.startsWith('codex ')) continue;
      const pairId = pairIn(lane);
      const recent = (this.#starts.get(pairId) ?? []).filter((each) => at - each < MINUTE_MS);
      recent.push(at);
      this.#starts.set(pairId, recent);
      // People may ask for one, too.
      const asked = scenario.steps.filter(
        ({ do: what }) => what === 'helper' || what === 'pair-ensure' || what === 'message',
      ).length;
      if (recent.length <= MOST_STARTS + asked) continue;
      return {
        subject: `pair ${pairId}`,
        expected: `at most ${MOST_STARTS} app-servers a minute, and those that ${asked} requests asked for`,
        seen: `${recent.length} within ${at - recent[0]!} ms`,
      };
    }
    return null;
  }
}

const MINUTE_MS = 60_000;
/** Pauses of 1, 2, 4, 8, 16 and 30 s, each start with up to two attempts more, and the restarts of the daemon. */
const MOST_STARTS = 24;

/** After the trouble, every pair serves, and its TUI can connect. */
export class PairsBecomeHealthy implements Checker {
  readonly rule: Rule = {
    id: 'pairs-become-healthy',
    kind: 'liveness',
    sentence:
      'When faults have ceased, every pair listens on its port and has its app-server, without anybody doing anything.',
    source: 'facts/pairs-and-shared-client.md C2 L4, L10; A2 R1, R4',
  };

  check({ status }: Simulation): Broken | null {
    for (const { pairId, health, reason, conflict } of status?.pairs ?? []) {
      if (health === 'healthy') continue;
      const why = reason || (conflict ? `${conflict.errno} on port ${conflict.port}` : 'its port is closed');
      return { subject: `pair ${pairId}`, expected: 'healthy', seen: `${health}: ${why}` };
    }
    return null;
  }
}

export const portCheckers = (): Checker[] => [
  new PortsAreKept(),
  new NothingIsLeftOfAFailedStart(),
  new ShutdownEndsEveryProcess(),
  new NoRestartStorm(),
  new PairsBecomeHealthy(),
];
