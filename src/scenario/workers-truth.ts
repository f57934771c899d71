import type { Machine } from '../world/machine.ts';
import type { Proc } from '../world/proc.ts';

/** A worker that was told to end (SIGTERM) while it ran. */
export interface ToldToEnd {
  readonly chatId: string;
  readonly pid: number;
  /** A server kept its terminal then. */
  readonly kept: boolean;
}

/** Is this a program that a user started in a terminal of their own? They name it `notes`. */
export function isUsers(proc: Proc | undefined): boolean {
  return proc?.argv[1] === 'notes';
}

/** What is typed into terminals: `<i7>` for the input called i7. */
const INPUT = /<(i\d+)>/g;

/** The programs in the chats' terminals as they really are: who runs, and what each was given. */
export class WorkersTruth {
  /** Chats whose workers ignore SIGHUP. */
  readonly ignoringHangUp = new Set<string>();
  /** Exit code with which new workers end at once; null when they run. */
  failing: number | null = null;
  /** How often each input has arrived, in whatever terminal. */
  readonly inputs = new Map<string, number>();
  /** Every start of a worker so far, without those that users started. */
  readonly starts: { readonly chatId: string; readonly pid: number; readonly at: number }[] = [];
  /** Goes up with each start and end of a program in a terminal, and with what is typed there. */
  changes = 0;
  #toldToEnd: ToldToEnd[] = [];
  readonly #live = new Map<string, Set<Proc>>();
  readonly #ended = new Map<string, number>();
  readonly #machine: Machine;
  readonly #isKept: (pid: number) => boolean;

  /** `isKept`: has a server of terminals this process in one? */
  constructor(machine: Machine, isKept: (pid: number) => boolean) {
    this.#machine = machine;
    this.#isKept = isKept;
    machine.executables.set('worker', { kind: 'program', program: (proc) => this.#run(proc) });
  }

  /** The live workers of a chat, the oldest first; their daemon started them with the chat's id as last word. */
  of(chatId: string): readonly Proc[] {
    return [...(this.#live.get(chatId) ?? [])];
  }

  /** How many workers of a chat have ended. */
  ended(chatId: string): number {
    return this.#ended.get(chatId) ?? 0;
  }

  /** Since the last call. */
  takeToldToEnd(): readonly ToldToEnd[] {
    if (this.#toldToEnd.length === 0) return this.#toldToEnd;
    const told = this.#toldToEnd;
    this.#toldToEnd = [];
    return told;
  }

  #run(proc: Proc): void {
    const chatId = proc.argv.at(-1)!;
    this.changes++;
    if (!isUsers(proc)) this.starts.push({ chatId, pid: proc.pid, at: this.#machine.kernel.now });
    if (this.failing !== null && !isUsers(proc)) return proc.exit(this.failing);
    const live = this.#live.get(chatId) ?? new Set();
    this.#live.set(chatId, live.add(proc));
    proc.onDeath = () => {
      this.changes++;
      live.delete(proc);
      this.#ended.set(chatId, this.ended(chatId) + 1);
    };
    proc.onSignal = (signal) => {
      if (signal === 'SIGTERM') this.#toldToEnd.push({ chatId, pid: proc.pid, kept: this.#isKept(proc.pid) });
      return signal === 'SIGHUP' && this.ignoringHangUp.has(chatId);
    };
    proc.onStdin = (chunk) => {
      this.changes++;
      for (const [, input] of chunk.matchAll(INPUT)) this.inputs.set(input!, (this.inputs.get(input!) ?? 0) + 1);
    };
  }
}
