/**
 * A shell beside the child, in the process group of both, for two things that this process cannot know or do by itself:
 * whether a signal that came was meant for the whole group (then the child has it already), and to end the child when this
 * process is killed with SIGKILL, as the child would have ended had it been killed in its place.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { TOLD } from '../signals.ts';

/** Signals that a program may be sent, apart from those that cannot be caught. */
export const FORWARDED = [...TOLD, 'SIGALRM', 'SIGTSTP'] as const satisfies readonly NodeJS.Signals[];

/**
 * Answers each line with `asked LINE`, after `got NAME` for every signal that came before. A `read` that a signal interrupts
 * fails like one at the end of the input; only the latter has no signal to show for it.
 */
const SCRIPT = `
child=
for name in ${FORWARDED.map((signal) => signal.slice(3)).join(' ')}; do trap "came=1; echo got SIG$name" $name; done
while :; do
  came=
  if read -r word rest; then
    case $word in
      child) child=$rest ;;
      over) exit 0 ;;
      *) echo "asked $word" ;;
    esac
  elif [ -z "$came" ]; then break
  fi
done
[ -z "$child" ] || kill -KILL "$child"
`;

export class Sentinel {
  readonly #shell: ChildProcess;
  /** Signals that came to the group, and of which we have not yet been told by our own handler. */
  readonly #came = new Map<string, number>();
  readonly #asked: { readonly signal: string; readonly answer: (group: boolean) => void }[] = [];
  #over = false;
  #rest = '';

  /** `childPid` is ended when this process disappears without having called {@link end}. */
  constructor(childPid: number) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/' });
    // Not what keeps this process alive.
    this.#shell.unref();
    for (const pipe of [this.#shell.stdin, this.#shell.stdout]) (pipe as unknown as { unref(): void } | null)?.unref();
    this.#shell.on('error', () => this.#lost(null));
    this.#shell.on('exit', (_code, signal) => this.#lost(signal));
    this.#shell.stdin?.on('error', () => {});
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#say(`child ${childPid}`);
  }

  /** Whether a signal that this process just received went to its whole process group. False when there is no telling. */
  wentToGroup(signal: string): Promise<boolean> {
    if (this.#over) return Promise.resolve(this.#take(signal));
    return new Promise((answer) => {
      this.#asked.push({ signal, answer });
      this.#say(signal);
    });
  }

  /** The child has ended. Idempotent. */
  end(): void {
    this.#say('over');
    this.#lost(null);
    this.#shell.stdin?.end();
  }

  #say(line: string): void {
    if (!this.#over) this.#shell.stdin?.write(`${line}\n`);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, signal = ''] = line.split(' ');
      if (word === 'got') this.#came.set(signal, (this.#came.get(signal) ?? 0) + 1);
      else this.#asked.shift()?.answer(this.#take(signal));
    }
  }

  #take(signal: string): boolean {
    const count = this.#came.get(signal) ?? 0;
    if (count > 0) this.#came.set(signal, count - 1);
    return count > 0;
  }

  /** The shell is gone; killed before it could set its traps, it still tells of the signal. */
  #lost(signal: string | null): void {
    if (signal !== null) this.#came.set(signal, (this.#came.get(signal) ?? 0) + 1);
    this.#over = true;
    for (const { signal: asked, answer } of this.#asked.splice(0)) answer(this.#take(asked));
  }
}
