import type { Clock, Exec, ExecRequest, ExecResult } from '../core/ports.ts';

/** Subcommands that only ask, by tool. */
const QUESTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  tmux: new Set(['list-panes', 'list-sessions', 'has-session', 'display-message', 'capture-pane']),
  zellij: new Set(['list-sessions', 'list-panes', 'dump-screen']),
  herdr: new Set(['list', 'get', 'read', 'process-info']),
};
/** What a command list with a change in it holds. */
const CHANGES =
  /^(new-session|kill-session|send-keys|set-option|delete-session|attach|write|write-chars|stop|delete|start|close|send-text)$/;

/** A client that traps SIGTERM, as tmux's does: exit 0, nothing printed (facts/sessions-and-locks.md D1). */
const UNANSWERED: ExecResult = { kind: 'exited', code: 0, signal: null, timedOut: true, stdout: '', stderr: '' };

/** While `blind` says so, no question about terminals is answered in time; changes are carried out as ever. */
export function blindExec(exec: Exec, clock: Clock, blind: () => boolean): Exec {
  return {
    run(request) {
      if (!blind() || !isQuestion(request)) return exec.run(request);
      return new Promise((resolve) => {
        clock.timer(request.timeoutMs, `unanswered ${request.file}`, () => resolve(UNANSWERED));
      });
    },
  };
}

function isQuestion({ file, args }: ExecRequest): boolean {
  const questions = QUESTIONS[file.slice(file.lastIndexOf('/') + 1)];
  return (
    questions !== undefined && args.some((word) => questions.has(word)) && !args.some((word) => CHANGES.test(word))
  );
}
