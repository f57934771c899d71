import type { DaemonStatus, PairStatus } from '../../core/index.ts';
import { frozenMs } from '../daemon-pauses.ts';
import type { Simulation } from '../simulation.ts';
import type { SeenTui } from '../tuis.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';
import { pairOf } from './pair-answers.ts';

const REPLACED = 4001;
const OTHER_TUI = 4002;
const THREAD_CLOSED = 1000;
/** More than all latencies of one exchange together. */
const SLACK_MS = 5_000;

/** Who sits, sits. */
export class PresentTuisKeepTheirSeat implements Checker {
  readonly rule: Rule = {
    id: 'present-tuis-keep-their-seat',
    kind: 'safety',
    sentence: 'One TUI sits at a pair: whoever was given the seat and answers has it until it goes away by itself.',
    source: 'facts/pairs-and-shared-client.md C1 S3, S9, S13; A1b (slot any); A4 B13, B15; A3 M03, P04',
  };
  readonly watches: readonly Source[] = ['daemon', 'tuis'];

  /** The thread that each pair's TUI showed last, by its token. */
  readonly #shown = new Map<string, string>();
  #status: DaemonStatus | null = null;

  check({ tuis, status, now, book, providers }: Simulation): Broken | null {
    if (status !== this.#status)
      for (const { slot } of status?.pairs ?? []) if (slot?.threadId) this.#shown.set(slot.token, slot.threadId);
    this.#status = status;
    for (const tui of tuis.takeSentAway()) {
      const shown = this.#shown.get(tui.run.token) ?? '';
      const closed = providers.appServers.some(({ unloaded }) => unloaded.includes(shown));
      const broken = sentAway(tui, tuis.connectionsOf(tui.run.token), closed, now);
      if (broken) return broken;
    }
    if (!status || status.phase === 'stopping') return null;
    for (const tui of tuis.all()) {
      if (!tui.run.attached || !tui.run.connected) continue;
      const pair = pairOf(status, tui.pairId);
      // It is still being made.
      if (!pair && book.asking(tui.pairId) > 0) continue;
      const slot = pair?.slot;
      if (slot?.token === tui.run.token && slot.connected) continue;
      const seen = slot ? `${slot.token} has it${slot.connected ? '' : ', without a connection'}` : 'nobody has it';
      return { subject: name(tui), expected: 'it has the seat: it was told so and is connected', seen };
    }
    return null;
  }
}

function sentAway(
  { run, pairId, frozenAt, thawedAt }: SeenTui,
  connections: number,
  closed: boolean,
  now: number,
): Broken | null {
  const subject = `the TUI ${run.token} of ${pairId}`;
  if (run.code === THREAD_CLOSED && !closed) {
    return { subject, expected: 'it keeps the seat: its thread was not closed', seen: 'sent away as if it was' };
  }
  if (run.code === OTHER_TUI && !run.refused && frozenAt === null && now - thawedAt > SLACK_MS) {
    return { subject, expected: 'it keeps the seat: it answers', seen: `sent away with ${OTHER_TUI} as if it did not` };
  }
  if (run.code === REPLACED && connections === 1) {
    return { subject, expected: 'it keeps the seat: it did not connect again', seen: `sent away with ${REPLACED}` };
  }
  return null;
}

/** A peer that vanished without a word blocks nobody for ever. */
export class DeadTuisLoseTheirSeat implements Checker {
  readonly rule: Rule = {
    id: 'dead-tuis-lose-their-seat',
    kind: 'safety',
    sentence: 'A TUI that does not answer any more loses its seat, also when nobody else wants it.',
    source: 'facts/pairs-and-shared-client.md C2 L2; A4 B14 (#68)',
  };
  /** When somebody who answers was last seen in the seat. */
  readonly #answeredAt = new Map<string, { readonly token: string; at: number; frozenMs: number }>();
  #status: DaemonStatus | null = null;
  #seats: readonly PairStatus[] = [];

  check(simulation: Simulation): Broken | null {
    const { tuis, status, now, config } = simulation;
    const { tuiKeepaliveMs, tuiProbeMs, tuiGraceMs } = config.timers;
    const limit = tuiKeepaliveMs + tuiProbeMs + tuiGraceMs + SLACK_MS;
    if (status !== this.#status) this.#look(status);
    if (this.#seats.length === 0) return null;
    // A daemon that does not get to run asks nobody.
    const frozen = frozenMs(simulation);
    for (const { pairId, slot } of this.#seats) {
      if (!slot) continue;
      const seat = this.#answeredAt.get(pairId);
      const answers = tuis.running(pairId).some(({ run, frozenAt }) => run.token === slot.token && frozenAt === null);
      if (seat?.token !== slot.token) this.#answeredAt.set(pairId, { token: slot.token, at: now, frozenMs: frozen });
      else if (answers) Object.assign(seat, { at: now, frozenMs: frozen });
      else if (now - seat.at - (frozen - seat.frozenMs) > limit) {
        const seen = `${slot.token} has it${slot.connected ? ' and counts as connected' : ''}`;
        return {
          subject: `the seat of ${pairId}`,
          expected: `free: nobody has answered there for ${now - seat.at} ms`,
          seen,
        };
      }
    }
    return null;
  }

  #look(status: DaemonStatus | null): void {
    this.#status = status;
    this.#seats = status?.pairs.filter(({ slot }) => slot) ?? [];
    for (const { pairId, slot } of status?.pairs ?? []) if (!slot) this.#answeredAt.delete(pairId);
  }
}

/** A seat without a thread is nobody's. */
export class SeatsHaveTheirThread implements Checker {
  readonly rule: Rule = {
    id: 'seats-have-their-thread',
    kind: 'safety',
    sentence: "The thread of a TUI that is called ready is loaded; when its server closes it, the TUI's visit is over.",
    source: 'facts/pairs-and-shared-client.md A1b (slot any, thread/closed), D (thread closed), C1 S4, C2 L3',
  };
  readonly watches: readonly Source[] = ['daemon', 'lives', 'providers'];

  check(simulation: Simulation): Broken | null {
    const { status, providers } = simulation;
    for (const { pairId, slot, appServerPid: pid } of status?.pairs ?? []) {
      if (slot?.readiness !== 'ready' || pid === null || slot.threadId === null) continue;
      const server = providers.appServers.findLast((each) => each.pid === pid);
      if (!server?.alive || server.threads.has(slot.threadId)) continue;
      // It has not been heard of, or never will be.
      if (providers.isUnread(pid) || providers.isDisturbed(pid) || !simulation.isWell(pid)) continue;
      const seen = `${slot.token} sits there, ready, and pid ${pid} has closed its thread`;
      return { subject: `the seat of ${pairId}`, expected: 'free, or with a thread', seen };
    }
    return null;
  }
}

function name({ run, pairId }: SeenTui): string {
  return `the TUI ${run.token} of ${pairId}, pid ${run.proc.pid}`;
}

export const tuiCheckers = (): Checker[] => [
  new PresentTuisKeepTheirSeat(),
  new DeadTuisLoseTheirSeat(),
  new SeatsHaveTheirThread(),
];
