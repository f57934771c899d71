import type { Signal } from '../../core/ports.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import type { TmuxServer } from './server.ts';
import type { Session } from './state.ts';

/**
 * Runs `sh -c COMMAND` as a child of the server. `ended` gets its output and its end once the server noticed.
 * Its input is empty, its stderr is thrown away.
 */
export function startJob(
  server: TmuxServer,
  command: string,
  where: { readonly cwd: string; readonly session: Session | null },
  ended: (output: string, code: number | null, signal: Signal | null) => void,
): Proc {
  const { machine, proc: parent } = server;
  let output = '';
  const job = startShell(server, command, where, {
    stdout: (chunk) => {
      output += chunk;
    },
    exited: (code, signal) => {
      parent.after(1, () => {
        machine.reap(job);
        server.jobs.delete(job);
        ended(output, code, signal);
        server.exitIfIdle();
      });
    },
  });
  server.jobs.add(job);
  job.feedEnd();
  return job;
}

/** Starts `sh -c COMMAND` for the server with pipes. */
export function startShell(
  server: TmuxServer,
  command: string,
  where: { readonly cwd: string; readonly session: Session | null },
  pipes: {
    readonly stdout: (chunk: string) => void;
    readonly exited: (code: number | null, signal: Signal | null) => void;
  },
): Proc {
  const { machine, proc: parent } = server;
  const found = machine.lookUp('/bin/sh', parent.cwd);
  if (found.kind !== 'found') throw new UnmodelledError('tmux', 'a machine without /bin/sh');
  const env: Record<string, string> = {};
  for (const scope of [server.state.environment, where.session?.environment ?? []]) {
    for (const [name, value] of scope) {
      if (value === null) delete env[name];
      else env[name] = value;
    }
  }
  env.TERM = 'tmux-256color';
  env.TMUX = `${server.socketPath},${server.pid},${where.session?.id ?? 0}`;
  return machine.start({
    argv: ['sh', '-c', command],
    program: found.program,
    parent,
    newGroup: true,
    uid: parent.uid,
    cwd: server.world.files.isDirectory(where.cwd) ? where.cwd : parent.cwd,
    env,
    sink: { ...pipes, stderr() {} },
  });
}
