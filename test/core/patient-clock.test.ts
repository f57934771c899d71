import { describe, expect, it } from 'vitest';
import { PatientClock } from '../../src/core/patient-clock.ts';
import type { Clock } from '../../src/core/ports.ts';

/** A clock of a process that does not get to run between two moments: whatever is overdue fires when it goes on. */
function pausingClock() {
  let now = 0;
  let timers: { readonly at: number; readonly purpose: string; readonly fire: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    timer(delayMs, purpose, fire) {
      const timer = { at: now + delayMs, purpose, fire };
      timers.push(timer);
      return {
        cancel: () => {
          timers = timers.filter((each) => each !== timer);
        },
      };
    },
  };
  /** It goes on at `time`: first timers, those that are overdue by now and no others, then what has come. */
  const goOnAt = (time: number, read: () => void = () => {}): void => {
    now = time;
    const overdue = timers.filter(({ at }) => at <= time).sort((left, right) => left.at - right.at);
    for (const timer of overdue) {
      if (!timers.includes(timer)) continue;
      timers = timers.filter((each) => each !== timer);
      timer.fire();
    }
    read();
  };
  const nextAt = () => Math.min(...timers.map(({ at }) => at));
  return { clock, goOnAt, nextAt, purposes: () => timers.map(({ purpose }) => purpose) };
}

function deadline(ms = 1_000) {
  const pausing = pausingClock();
  const patient = new PatientClock(pausing.clock);
  const fired: number[] = [];
  const timer = patient.timer(ms, 'deadline', () => fired.push(pausing.clock.monotonic()));
  return { ...pausing, patient, fired, timer };
}

describe('a patient clock', () => {
  it('fires in time when nothing keeps the daemon from running', () => {
    const { goOnAt, fired, nextAt } = deadline();
    goOnAt(999);
    expect(fired).toEqual([]);
    goOnAt(1_000);
    expect(nextAt()).toBe(1_000);
    goOnAt(1_000);
    expect(fired).toEqual([1_000]);
    goOnAt(9_000);
    expect(fired).toEqual([1_000]);
  });

  it.each([
    ['just in time for it', 1_000],
    ['long after it', 60_000],
  ])('lets an answer that has come be read first when the pause ends %s', (_when, end) => {
    const { goOnAt, fired, timer, purposes } = deadline();
    goOnAt(end, () => timer.cancel());
    expect(purposes()).toEqual([]);
    goOnAt(end + 60_000);
    expect(fired).toEqual([]);
  });

  it.each([
    [1_300, 1_600],
    [1_900, 2_800],
    [60_000, 61_000],
  ])('waits as long again as it is late, up to a second: at %i until %i', (end, then) => {
    const { goOnAt, fired, nextAt, purposes } = deadline();
    goOnAt(end);
    expect([nextAt(), purposes()]).toEqual([then, ['deadline, after what waits']]);
    goOnAt(then);
    expect(fired).toEqual([then]);
  });

  it('waits again when the daemon is kept from running again meanwhile', () => {
    const { goOnAt, fired, timer } = deadline();
    goOnAt(5_000);
    goOnAt(90_000, () => timer.cancel());
    goOnAt(200_000);
    expect(fired).toEqual([]);
  });

  it('is no more exact than its timers: a few ms late is in time', () => {
    const { goOnAt, fired } = deadline();
    goOnAt(1_002);
    goOnAt(1_006);
    expect(fired).toEqual([1_006]);
  });

  it('passes on the time', () => {
    const { goOnAt, patient } = deadline();
    goOnAt(500);
    expect([patient.now(), patient.monotonic()]).toEqual([500, 500]);
  });
});
