import type { Proc } from '../../world/proc.ts';
import { overlapping } from '../directories.ts';
import type { SeenLock } from '../locks-truth.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** pids of the live processes of a chat: the worker in its terminal and its claude process. */
function processesOf({ providers, terminals, workers, durableChats }: Simulation, chatId: string): number[] {
  const chat = durableChats().find((each) => each.chatId === chatId);
  // What runs in an adopted terminal works for its user.
  const hasTerminal = chat && !chat.adopted && (chat.status === 'open' || chat.status === 'closing');
  const inTerminal = hasTerminal ? terminals.livePane(chat.terminalName) : null;
  // Somebody else may have taken its name.
  const pane = workers.of(chatId).some(({ pid }) => pid === inTerminal) ? inTerminal : null;
  const claude = providers.live().filter(({ lane }) => lane.startsWith(`claude ${chatId}#`));
  return [...(pane === null ? [] : [pane]), ...claude.map(({ pid }) => pid)];
}

const isDaemon = ({ incarnations, rivals }: Simulation) => {
  const daemons = new Set([...incarnations, ...rivals].map(({ proc }) => proc));
  return (proc: Proc): boolean => daemons.has(proc);
};

abstract class LockChecker implements Checker {
  abstract readonly rule: Rule;
  readonly watches: readonly Source[] = ['locks'];

  check(simulation: Simulation): Broken | null {
    return simulation.locks.concerned ? this.look(simulation) : null;
  }

  protected abstract look(simulation: Simulation): Broken | null;
}

/** What locks are for. */
export class ExclusiveChatsExclude extends LockChecker {
  readonly rule: Rule = {
    id: 'exclusive-chats-exclude',
    kind: 'safety',
    sentence: 'Of exclusive chats whose directories are the same, or one within the other, only one has processes.',
    source: 'facts/sessions-and-locks.md C S10; B1.2, B1.4 G1, B3 16',
  };

  protected look(simulation: Simulation): Broken | null {
    const { exclusive } = simulation.locks;
    if (exclusive.length < 2) return null;
    const working = exclusive.flatMap((chat) => {
      const [pid] = processesOf(simulation, chat.chatId);
      return pid === undefined ? [] : [{ ...chat, pid }];
    });
    for (const [index, one] of working.entries()) {
      const other = working.slice(index + 1).find(({ directory }) => overlapping(directory, one.directory));
      if (!other) continue;
      return {
        subject: `${one.directory} and ${other.directory}`,
        expected: 'one exclusive chat that works there',
        seen: `pid ${one.pid} of ${one.chatId} and pid ${other.pid} of ${other.chatId}`,
      };
    }
    return null;
  }
}

/** Also when the daemon has died in between. */
export class ExclusiveWorkIsLocked extends LockChecker {
  readonly rule: Rule = {
    id: 'exclusive-work-is-locked',
    kind: 'safety',
    sentence: 'An exclusive chat has the lock on its directory before it has a process there, and for as long.',
    source: 'facts/sessions-and-locks.md C S17, S19; B1.4 G13',
  };

  protected look(simulation: Simulation): Broken | null {
    for (const { chatId, by, directory } of simulation.locks.exclusive) {
      const [pid] = processesOf(simulation, chatId);
      if (pid === undefined || simulation.locks.lockOf(by)) continue;
      return {
        subject: `chat ${chatId}`,
        expected: `it has the lock on ${directory}: pid ${pid} works there`,
        seen: 'no lock',
      };
    }
    return null;
  }
}

/** The table itself, whatever processes there are. */
export class LocksDoNotOverlap extends LockChecker {
  readonly rule: Rule = {
    id: 'locks-do-not-overlap',
    kind: 'safety',
    sentence: 'Nobody gets a lock on a directory while another has one on it, above or below it; people come first.',
    source: 'facts/sessions-and-locks.md C S10; B1.2 (manual beats auto, realpath)',
  };
  #known = new Set<string>();

  protected look({ locks }: Simulation): Broken | null {
    const now = [...locks.locks.values()];
    const known = this.#known;
    this.#known = new Set(now.map(({ id }) => id));
    for (const lock of now) {
      if (known.has(lock.id)) continue;
      const other = now.find((each) => each.by !== lock.by && overlapping(each.directory, lock.directory));
      // A person may lock what is in use.
      if (!other || (lock.kind === 'manual' && other.kind === 'auto')) continue;
      // A daemon that finds a rival's lock beside its own withdraws at once; that there is one daemon makes it impossible.
      return { subject: lock.directory, expected: `locked by ${other.by} alone`, seen: `locked by ${lock.by} too` };
    }
    return null;
  }
}

/** A lock is not an opinion about its chat. */
export class LocksAreKept extends LockChecker {
  readonly rule: Rule = {
    id: 'locks-are-kept',
    kind: 'safety',
    sentence:
      'A lock does not end while a process that has it, or one that such a process started, works in its directory.',
    source: 'facts/sessions-and-locks.md C S19, S1; B3 2, 10; D15, D16, D18, D50',
  };

  protected look(simulation: Simulation): Broken | null {
    for (const lock of simulation.locks.takeEnded()) {
      if (lock.kind === 'manual') continue;
      const worker = simulation.locks.workerUnder(lock, isDaemon(simulation));
      // App-servers live on; they have a lock only while a turn runs.
      if (!worker || worker.argv[1] === 'app-server') continue;
      return {
        subject: `the lock of ${lock.by} on ${lock.directory}`,
        expected: `kept: pid ${worker.pid} works in ${worker.cwd}`,
        seen: 'it ended',
      };
    }
    return null;
  }
}

export class ManualLocksHold extends LockChecker {
  readonly rule: Rule = {
    id: 'manual-locks-hold',
    kind: 'safety',
    sentence: 'A lock that a person has taken ends when a person says so, and not before.',
    source: 'facts/sessions-and-locks.md C S16, S19; B1.4 G3 (manual lock lost)',
  };

  protected look({ locks, book }: Simulation): Broken | null {
    if (book.heldByHand.size === 0) return null;
    const ids = new Set([...locks.locks.values()].map(({ id }) => id));
    for (const id of book.heldByHand.keys()) {
      if (!ids.has(id))
        return { subject: `the manual lock ${id}`, expected: 'held: nobody has ended it', seen: 'it is gone' };
    }
    return null;
  }
}

/** What cannot be read is not nothing. */
export class UnreadableLocksAreLeftAlone extends LockChecker {
  readonly rule: Rule = {
    id: 'unreadable-locks-are-left-alone',
    kind: 'safety',
    sentence: 'A lock file that cannot be read is neither written nor removed by the daemon.',
    source: 'facts/sessions-and-locks.md C S16; B1.4 G3; D39, D40',
  };

  protected look({ locks, machine }: Simulation): Broken | null {
    for (const [path, { now }] of locks.torn) {
      const file = machine.files.read(path, 0);
      if (typeof file !== 'string' && file.text === now) continue;
      return {
        subject: path,
        expected: 'left as it is: it is torn',
        seen: typeof file === 'string' ? 'it is gone' : 'written anew',
      };
    }
    return null;
  }
}

/** The price of care is bounded. */
export class LocksEnd implements Checker {
  readonly rule: Rule = {
    id: 'locks-end',
    kind: 'liveness',
    sentence: 'When the processes that had a lock are gone, and nothing can come back, it ends.',
    source: 'facts/sessions-and-locks.md C L4, S19; B3 5, 9 (527f03f), 10',
  };

  check(simulation: Simulation): Broken | null {
    const { locks } = simulation;
    if (!locks.concerned) return null;
    const daemon = isDaemon(simulation);
    for (const lock of locks.locks.values()) {
      if (lock.kind === 'manual' || this.#isHad(lock, daemon) || locks.workerUnder(lock, daemon)) continue;
      return {
        subject: `the lock of ${lock.by} on ${lock.directory}`,
        expected: 'ended: its processes are gone',
        seen: 'held',
      };
    }
    return null;
  }

  /** By a process that lives, wherever it works. The daemon itself only reserves it. */
  #isHad({ procs }: SeenLock, daemon: (proc: Proc) => boolean): boolean {
    return [...procs].some((proc) => proc.alive && !daemon(proc));
  }
}

/** Others can judge a lock only by what it says. */
export class LocksNameTheirProcesses implements Checker {
  readonly rule: Rule = {
    id: 'locks-name-their-processes',
    kind: 'liveness',
    sentence: 'In the end the lock of an exclusive chat names each of its processes: the next daemon judges by that.',
    source: 'facts/sessions-and-locks.md C S17, L4; A3 44',
  };

  check(simulation: Simulation): Broken | null {
    const { locks, machine } = simulation;
    for (const { chatId, by, directory } of locks.exclusive) {
      const lock = locks.lockOf(by);
      const pid = processesOf(simulation, chatId).find((each) => !lock?.procs.has(machine.processes.get(each)!));
      if (pid === undefined) continue;
      const seen = lock
        ? `it names ${lock.holders.map((holder) => holder.pid).join(', ') || 'nobody'}`
        : 'there is none';
      return { subject: `the lock of ${chatId} on ${directory}`, expected: `it names pid ${pid}`, seen };
    }
    return null;
  }
}

export const lockCheckers = (): Checker[] => [
  // First: what follows from a lost lock is not what is wrong.
  new UnreadableLocksAreLeftAlone(),
  new ExclusiveChatsExclude(),
  new ExclusiveWorkIsLocked(),
  new LocksDoNotOverlap(),
  new LocksAreKept(),
  new ManualLocksHold(),
  new LocksNameTheirProcesses(),
  new LocksEnd(),
];
