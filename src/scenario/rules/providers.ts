import { LOGIN } from '../logins.ts';
import type { LiveProvider } from '../providers-truth.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

export class OneInitialize implements Checker {
  readonly rule: Rule = {
    id: 'one-initialize',
    kind: 'safety',
    sentence: 'A connection to a provider is initialised exactly once.',
    source: 'facts/pairs-and-shared-client.md B1 (handshake), C1 S6',
  };
  readonly watches: readonly Source[] = ['lives', 'providers'];

  check({ providers }: Simulation): Broken | null {
    for (const { pid, lane, initializes } of providers.live()) {
      if (initializes <= 1) continue;
      return { subject: `${lane}, pid ${pid}`, expected: 'one initialize', seen: `${initializes} of them` };
    }
    return null;
  }
}

/** A client that others use is closed only when it is broken. */
export class SharedClientsStayConnected implements Checker {
  readonly rule: Rule = {
    id: 'shared-clients-stay-connected',
    kind: 'safety',
    sentence:
      "A helper's failure leaves its parent's client connected: nobody closes an app-server in which a turn runs.",
    source: 'facts/pairs-and-shared-client.md C1 S17; B3 O01 (#72574)',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ hangUps, status, providers }: Simulation): Broken | null {
    for (const { pid, lane, runningTurns } of hangUps) {
      if (runningTurns === 0 || !status || status.phase === 'stopping') continue;
      // Nobody hears of it: its turns are lost anyway.
      if (providers.isUnheard(pid)) continue;
      // Its pair was destroyed.
      if (lane.startsWith('codex ') && !status.pairs.some(({ pairId }) => lane.startsWith(`codex ${pairId}#`)))
        continue;
      return {
        subject: `${lane}, pid ${pid}`,
        expected: 'left open: it works and somebody uses it',
        seen: `the daemon closed it while ${runningTurns} turn(s) ran in it`,
      };
    }
    return null;
  }
}

export class OneAppServerForAPair implements Checker {
  readonly rule: Rule = {
    id: 'one-app-server-for-a-pair',
    kind: 'safety',
    sentence:
      'A pair has at most one app-server that is in use: another is started only beside one that did not answer or has another login, and then the old one gets nothing that is asked for after that.',
    source: 'facts/pairs-and-shared-client.md C1 S18 (topology), B3 O20',
  };
  readonly watches: readonly Source[] = ['lives', 'providers'];
  /** When an app-server was replaced. */
  readonly #replacedAt = new Map<number, number>();
  #lives = -1;
  /** Has any pair several app-servers that live? */
  #several = false;

  check({ providers, book, now }: Simulation): Broken | null {
    if (providers.lives !== this.#lives) {
      this.#lives = providers.lives;
      const lanes = providers.live().map(({ lane }) => lane.slice(0, lane.indexOf('#')));
      this.#several = new Set(lanes).size < lanes.length;
    }
    if (!this.#several) return null;
    const youngest = new Map<string, LiveProvider>();
    for (const server of providers.live()) {
      if (!server.open || !server.lane.startsWith('codex ')) continue;
      const pair = server.lane.slice(0, server.lane.indexOf('#'));
      const older = youngest.get(pair);
      youngest.set(pair, server);
      if (older === undefined) continue;
      const pids = `pids ${older.pid} and ${server.pid}`;
      const sameLogin = older.proc.env[LOGIN] === server.proc.env[LOGIN];
      if (sameLogin && !providers.isDisturbed(older.pid))
        return { subject: pair, expected: 'one app-server', seen: pids };
      const replacedAt = this.#replacedAt.get(older.pid) ?? now;
      this.#replacedAt.set(older.pid, replacedAt);
      const late = providers.givenTo(older.pid).find((id) => (book.askedAt(id) ?? -1) > replacedAt);
      if (late === undefined) continue;
      const expected = `nothing new for pid ${older.pid}: pid ${server.pid} has taken its place`;
      return { subject: pair, expected, seen: `${late} was given to it` };
    }
    return null;
  }
}

/** Whoever was given a client gives it back. */
export class ReplacedClientsEnd implements Checker {
  readonly rule: Rule = {
    id: 'replaced-clients-end',
    kind: 'liveness',
    sentence: 'In the end an app-server that was replaced is gone: everybody has given back what they were lent.',
    source: 'facts/pairs-and-shared-client.md C1 S17 (release exactly once), B3 O08, O09, O18',
  };

  check({ providers }: Simulation): Broken | null {
    const seen = new Map<string, number>();
    for (const { pid, lane, open } of providers.live()) {
      if (!open || !lane.startsWith('codex ')) continue;
      const pair = lane.slice(0, lane.indexOf('#'));
      const older = seen.get(pair);
      seen.set(pair, pid);
      if (older === undefined) continue;
      return { subject: `${pair}, pid ${older}`, expected: `ended, since pid ${pid} took its place`, seen: 'running' };
    }
    return null;
  }
}

/** Two processes on one thread or session lose turns (facts/claude-wire.md 0.15). */
export class NoProcessOutlivesItsDaemon implements Checker {
  readonly rule: Rule = {
    id: 'no-process-outlives-its-daemon',
    kind: 'safety',
    sentence:
      'A daemon starts no provider process beside one that an earlier daemon left running for the same purpose.',
    source: 'facts/sessions-and-locks.md C S6, S10; facts/pairs-and-shared-client.md B3 O21, O29',
  };
  readonly watches: readonly Source[] = ['lives'];

  check({ providers }: Simulation): Broken | null {
    const seen = new Map<string, { readonly pid: number; readonly daemon: number }>();
    for (const { pid, lane, daemon } of providers.live()) {
      const purpose = lane.slice(0, lane.indexOf('#'));
      const other = seen.get(purpose);
      if (other && other.daemon !== daemon) {
        const expected = `pid ${other.pid}, left by daemon#${other.daemon}, ended before another is started`;
        return { subject: purpose, expected, seen: `pid ${pid} of daemon#${daemon} runs beside it` };
      }
      seen.set(purpose, { pid, daemon });
    }
    return null;
  }
}

export class NoOrphans implements Checker {
  readonly rule: Rule = {
    id: 'no-orphans',
    kind: 'liveness',
    sentence: 'In the end no provider process is left that nobody talks to.',
    source: 'facts/pairs-and-shared-client.md C2 L6; facts/sessions-and-locks.md C S6',
  };

  check({ providers }: Simulation): Broken | null {
    for (const { pid, lane, open } of providers.live()) {
      if (open) continue;
      return { subject: `${lane}, pid ${pid}`, expected: 'ended', seen: 'still running, and nobody talks to it' };
    }
    return null;
  }
}

export class NothingIsThrownAway implements Checker {
  readonly rule: Rule = {
    id: 'no-task-fails',
    kind: 'safety',
    sentence: 'No failure outside makes a task of the daemon throw, and no rejection goes unhandled.',
    source: 'facts/pairs-and-shared-client.md C1 S20; facts/sessions-and-locks.md C S15',
  };

  check({ failedTasks }: Simulation): Broken | null {
    const [first] = failedTasks;
    return first === undefined ? null : { subject: 'the daemon', expected: 'it deals with every failure', seen: first };
  }
}
