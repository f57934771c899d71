import type { Exec, ExecRequest, ExecResult } from '../core/ports.ts';

/** What a raw answer of tmux proves about a session, worked out without the core. */
export type AnswerClass = 'known' | 'unknown';

/** The daemon's commands for terminals, as seen from outside. */
export class CommandLog {
  /** When each command was started; virtual ms. */
  readonly starts: number[] = [];
  /** What the last answer about each terminal proved, by its name. */
  readonly lastAnswer = new Map<string, { readonly kind: AnswerClass; readonly words: string }>();
}

const TARGET = /^=(.+):$/;
const DEFINITE =
  /^(can't find session: .*|no server running on .*|error connecting to .* \(No such file or directory\)|server exited unexpectedly)$/;

/** Notes which commands a daemon runs and what it hears. */
export function watchedExec(exec: Exec, log: CommandLog, now: () => number): Exec {
  return {
    async run(request) {
      if (request.file !== 'tmux') return exec.run(request);
      log.starts.push(now());
      const result = await exec.run(request);
      const name = questionAbout(request);
      if (name !== null) log.lastAnswer.set(name, { kind: classOf(result), words: wordsOf(result) });
      return result;
    },
  };
}

function questionAbout({ args }: ExecRequest): string | null {
  const at = args.indexOf('list-panes');
  const target = at < 0 ? undefined : args[args.indexOf('-t', at) + 1];
  return TARGET.exec(target ?? '')?.[1] ?? null;
}

function classOf(result: ExecResult): AnswerClass {
  if (result.kind === 'not-started' || result.timedOut || result.signal !== null) return 'unknown';
  if (result.code === 0) return result.stdout.trim() === '' ? 'unknown' : 'known';
  return result.code === 1 && DEFINITE.test(result.stderr.trim()) ? 'known' : 'unknown';
}

function wordsOf(result: ExecResult): string {
  if (result.kind === 'not-started') return result.errno;
  if (result.timedOut) return 'no answer in time';
  return `exit ${result.signal ?? result.code} ${result.stdout.trim()}${result.stderr.trim()}`;
}
