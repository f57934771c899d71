import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** A pid is not a process. */
export class StrangersAreLeftAlone implements Checker {
  readonly rule: Rule = {
    id: 'strangers-are-left-alone',
    kind: 'safety',
    sentence:
      'No signal reaches a process that the daemon did not start: a pid that was used again is another process.',
    source: 'facts/sessions-and-locks.md C S4, S5; A2.6 H10, A3 33, B1.4 G8; D14',
  };

  check({ hitStrangers }: Simulation): Broken | null {
    const [hit] = hitStrangers;
    if (!hit) return null;
    return {
      subject: `pid ${hit.pid}`,
      expected: 'left alone: it is another program now',
      seen: `it got ${hit.signal}`,
    };
  }
}

export class OneDaemonForItsData implements Checker {
  readonly rule: Rule = {
    id: 'one-daemon-for-its-data',
    kind: 'safety',
    sentence: 'At most one daemon works on the same data.',
    source: 'facts/sessions-and-locks.md C S10; B3 8 (907586d)',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ rivals, incarnation, status }: Simulation): Broken | null {
    if (rivals.length === 0 || !status || !incarnation) return null;
    const rival = rivals.find(({ proc, started }) => proc.alive && started);
    if (!rival) return null;
    return {
      subject: 'the data of the daemon',
      expected: `used by pid ${incarnation.proc.pid} alone`,
      seen: `pid ${rival.proc.pid} works on it too`,
    };
  }
}

/** The price of that is bounded. */
export class TheDeadHoldNoData implements Checker {
  readonly rule: Rule = {
    id: 'the-dead-hold-no-data',
    kind: 'safety',
    sentence: 'A daemon refuses to work on its data only while another one lives, whoever has the pid of a dead one.',
    source: 'facts/sessions-and-locks.md C L4, S4; B3 8; D14',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ untrueRefusals }: Simulation): Broken | null {
    const [first] = untrueRefusals;
    if (!first) return null;
    const subject = `the daemon with pid ${first.pid}`;
    return { subject, expected: 'it starts: no other daemon lives', seen: `it refused: ${first.reason}` };
  }
}

export const hostCheckers = (): Checker[] => [
  new StrangersAreLeftAlone(),
  new OneDaemonForItsData(),
  new TheDeadHoldNoData(),
];
