import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

class OneWorkerForAChat implements Checker {
  readonly rule: Rule = {
    id: 'one-worker-for-a-chat',
    kind: 'safety',
    sentence: 'No worker is started for a chat beside one that still runs.',
    source: 'facts/sessions-and-locks.md C S10; A3 20 (52e1a153), 14 (b682332a)',
  };
  readonly watches: readonly Source[] = ['workers'];
  #seen = 0;

  check({ workers }: Simulation): Broken | null {
    for (; this.#seen < workers.starts.length; this.#seen++) {
      const { chatId, pid } = workers.starts[this.#seen]!;
      const other = workers.of(chatId).find((worker) => worker.pid !== pid);
      if (!other || !/^c\d/.test(chatId)) continue;
      const expected = `one worker: pid ${other.pid} still runs`;
      return { subject: `chat ${chatId}`, expected, seen: `pid ${pid} was started beside it` };
    }
    return null;
  }
}

class InputArrivesAtMostOnce implements Checker {
  readonly rule: Rule = {
    id: 'input-arrives-at-most-once',
    kind: 'safety',
    sentence:
      'What is typed into a terminal arrives there at most once, and never when its user was told that it did not.',
    source: 'facts/sessions-and-locks.md C S11; D1b; A3 24 (d94d87d9)',
  };
  readonly watches: readonly Source[] = ['daemon', 'workers'];

  check({ book, workers }: Simulation): Broken | null {
    if (workers.inputs.size === 0) return null;
    for (const { inputId, chatId, outcome } of book.inputs) {
      const times = workers.inputs.get(inputId) ?? 0;
      const most = outcome === 'refused' ? 0 : 1;
      if (times <= most) continue;
      const expected = most === 0 ? 'never typed: its user was told so' : 'typed once at most';
      return { subject: `input ${inputId} to chat ${chatId}`, expected, seen: `it arrived ${times} time(s)` };
    }
    return null;
  }
}

class TerminalAnswersAreTrue implements Checker {
  readonly rule: Rule = {
    id: 'terminal-answers-are-true',
    kind: 'safety',
    sentence: 'A terminal that a front end is given has a worker of its chat in it that runs.',
    source: 'facts/sessions-and-locks.md C S8; A3 26 (2eb4a7a9); A1.3 (terminal wake)',
  };
  readonly watches: readonly Source[] = ['daemon'];
  #seen = 0;

  check({ book }: Simulation): Broken | null {
    for (; this.#seen < book.wakes.length; this.#seen++) {
      const { chatId, panePid, live } = book.wakes[this.#seen]!;
      if (live.includes(panePid)) continue;
      const expected = `one of its workers: ${live.join(', ') || 'it has none'}`;
      return { subject: `the terminal of chat ${chatId}`, expected, seen: `process ${panePid}` };
    }
    return null;
  }
}

/** What a user was told is done, has been done. */
class TypedMeansArrived implements Checker {
  readonly rule: Rule = {
    id: 'typed-means-arrived',
    kind: 'liveness',
    sentence: 'What was typed into a terminal, as its user was told, has arrived there if its worker lived on.',
    source: 'facts/sessions-and-locks.md C S8, L1; D33',
  };

  check({ book, workers }: Simulation): Broken | null {
    for (const { inputId, chatId, outcome, endedBefore } of book.inputs) {
      if (outcome !== 'done' || workers.inputs.has(inputId) || workers.ended(chatId) !== endedBefore) continue;
      const subject = `input ${inputId} to chat ${chatId}`;
      return { subject, expected: 'arrived: its user was told that it was typed', seen: 'it never arrived' };
    }
    return null;
  }
}

/** Commands for one terminal server that may be started in one stretch of time (facts A1.2). */
const MOST_COMMANDS = 5;
const STRETCH_MS = 250;
/** Starts of a worker for each time that somebody asks for it, or the daemon begins (facts A1.3: 3 restarts in 60 s). */
const MOST_STARTS = 4;
/** Crashes longer ago than this are forgiven; virtual ms (facts A1.3, CLI exit). */
const CRASHES_COUNT_MS = 60_000;

class ServersAreSpared implements Checker {
  readonly rule: Rule = {
    id: 'servers-are-spared',
    kind: 'safety',
    sentence:
      'Trouble makes no herd: few commands go to a terminal server at once, and a worker that crashes is not started for ever.',
    source: 'facts/sessions-and-locks.md C S12; A3 6 (738eb0d5), 9 (ee8897fa), 41 (41d0da3c)',
  };
  readonly watches: readonly Source[] = ['daemon', 'workers'];
  #commands = 0;
  #starts = 0;
  #lives = 0;
  #since = 0;

  check({ commands, workers, incarnations, scenario }: Simulation): Broken | null {
    const { starts } = commands;
    if (incarnations.length !== this.#lives) {
      this.#lives = incarnations.length;
      this.#since = starts.length;
    }
    for (; this.#commands < starts.length; this.#commands++) {
      const before = this.#commands - MOST_COMMANDS;
      if (before < this.#since || starts[this.#commands]! - starts[before]! >= STRETCH_MS) continue;
      const seen = `one more ${starts[this.#commands]! - starts[before]!} ms after the first of ${MOST_COMMANDS}`;
      return { subject: 'the tmux server', expected: `${MOST_COMMANDS} commands in ${STRETCH_MS} ms`, seen };
    }
    for (; this.#starts < workers.starts.length; this.#starts++) {
      const { chatId, at } = workers.starts[this.#starts]!;
      const times = workers.starts
        .slice(0, this.#starts + 1)
        .filter((start) => start.chatId === chatId && at - start.at <= CRASHES_COUNT_MS).length;
      const asked = scenario.steps.filter((step) => 'chat' in step).length;
      if (times <= MOST_STARTS * (asked + incarnations.length) || !/^c\d/.test(chatId)) continue;
      return { subject: `chat ${chatId}`, expected: 'its worker is parked', seen: `started ${times} times` };
    }
    return null;
  }
}

export function workerCheckers(): Checker[] {
  return [
    new OneWorkerForAChat(),
    new InputArrivesAtMostOnce(),
    new TerminalAnswersAreTrue(),
    new ServersAreSpared(),
    new TypedMeansArrived(),
  ];
}
