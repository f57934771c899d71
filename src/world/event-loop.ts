import type { Waiting } from '../kernel/kernel.ts';

/**
 * What a daemon that did not get to run handles first when it does again. All are real (measured with Node 20.20, 22.23
 * and 24 on Linux; see there):
 * - `timers`: it was stopped (SIGSTOP) while it waited for something to happen (the poll is interrupted and gives
 *   nothing), or it was stopped or kept busy in a callback for input or of `setImmediate`: timers are next.
 * - `input`: it was stopped or kept busy in a timer's callback, by Node 20 or 22: the poll comes before the next round of
 *   timers, and reads everything.
 * - `output`: the same by Node 24. A poll reads each pipe once, so it takes another one, after the timers, to find that a
 *   pipe from which something was read has ended.
 */
export type First = 'input' | 'output' | 'timers';

/**
 * What has waited for a Node process, in the order in which it is handled. `test/conformance/frozen-daemon.test.ts` holds
 * it to the ports of `src/host`:
 * - All timers that are overdue, before or after all input.
 * - Timers that were set for the same time are one list: all of them that are overdue run together, when the first of them is next.
 * - Input in the order in which it came; ends of children (SIGCHLD) after all other input.
 * - So a command that ended in time is reported as `timedOut`, with its exit status and all its output, when timers are
 *   first, and by Node 24 also when they are not and it has printed something.
 */
export function inOrderOfWaking(first: First, waiting: readonly Waiting[]): Waiting[] {
  const timers = inLists(waiting.filter(({ nature }) => nature === 'timer'));
  const input = waiting.filter(({ nature }) => nature === 'input');
  const exits = waiting.filter(({ nature }) => nature === 'exit' || nature === 'exit-after-output');
  if (first === 'timers') return [...timers, ...input, ...exits];
  const later = first === 'output' ? exits.filter(({ nature }) => nature === 'exit-after-output') : [];
  return [...input, ...exits.filter((exit) => !later.includes(exit)), ...timers, ...later];
}

/** They come in order of their due times. */
function inLists(timers: readonly Waiting[]): Waiting[] {
  const lists = new Map<number, Waiting[]>();
  for (const timer of timers) {
    // As `setTimeout` takes it.
    const ms = Math.max(1, Math.trunc(timer.delayMs));
    const list = lists.get(ms);
    if (list) list.push(timer);
    else lists.set(ms, [timer]);
  }
  return [...lists.values()].flat();
}
