import { writeSync } from 'node:fs';
import { createClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { frozenDaemonScript, LINES } from './frozen-daemon-script.ts';

/**
 * A daemon on the ports of this machine. Arguments: what is first, and a file that is made while it is stopped. It says
 * `ready` when it may be stopped, or stops itself, and then what it was called with.
 */
const [, , first, go] = process.argv as [string, string, string, string];

const waiting = (then: string) => ['-c', `while [ ! -e "$0" ]; do sleep 0.05; done; ${then}`, go];
const clock = createClock();
let lines = 0;
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
  if (++lines === LINES) process.exit(0);
};
frozenDaemonScript(
  { clock, exec: createExec(clock), processes: createProcesses(clock) },
  {
    command: { file: 'sh', args: waiting('echo late; exit 7') },
    silent: { file: 'sh', args: waiting('exit 4') },
    child: { file: 'sh', args: waiting('echo one; exit 3'), lane: 'child' },
  },
  say,
  // In a timer's callback: when it goes on, the poll is next.
  () => (first === 'input' ? process.kill(process.pid, 'SIGSTOP') : writeSync(1, 'ready\n')),
);
