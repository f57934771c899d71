import type { Machine } from '../machine.ts';
import type { Program } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';

const HERDR_SERVER = /(\w+)=\$3 "\$herdr" --session "\$session" server\b.*&$/;

/** `sh` as far as it is needed to leave a herdr server running: `sh -c SCRIPT sh HERDR SESSION LABEL`, exit 0 whatever comes of it. */
export function backgroundShell(machine: Machine): Program {
  return (proc) => {
    const [, flag, script = '', , file = '', session = '', label = ''] = proc.argv;
    const variable = HERDR_SERVER.exec(script)?.[1];
    if (flag !== '-c' || variable === undefined) throw new UnmodelledError('sh', proc.argv.slice(1).join(' '));
    const found = machine.lookUp(file, proc.cwd);
    if (found.kind === 'found')
      machine.start({
        argv: [file, '--session', session, 'server'],
        program: found.program,
        // The shell ends at once: init has the server.
        ...{
          parent: null,
          starter: proc,
          newGroup: true,
          uid: proc.uid,
          cwd: proc.cwd,
          env: { ...proc.env, [variable]: label },
        },
        sink: { stdout() {}, stderr() {}, exited() {} },
      });
    proc.after(1, () => proc.exit(0));
  };
}
