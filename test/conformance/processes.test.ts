import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Processes, ProcessIdentity } from '../../src/core/ports.ts';
import { readBootId } from '../../src/host/proc-stat.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import type { Proc } from '../../src/world/proc.ts';
import { simulatedBench } from '../core/sessions/simulated-bench.ts';
import { manualClock } from '../host/manual-clock.ts';

const MARK = 'REPRISE_CONFORMANCE';

/** A process in some situation, and the directory that it was started in. */
interface Staged {
  readonly pid: number;
  readonly cwd: string;
}

/** Brings processes into every situation that the core has to tell apart. */
interface Stage {
  readonly processes: Processes;
  settle<Value>(asked: Promise<Value>): Promise<Value>;
  readonly situations: Readonly<Record<(typeof SITUATIONS)[number], () => Promise<Staged>>>;
  /** The identity of a process that runs, or ran, under this pid. */
  identify(pid: number): ProcessIdentity;
}

const SITUATIONS = ['runs', 'stopped', 'zombie', 'ended', 'directory deleted', 'pid reused'] as const;

/** What the port says, without the numbers that differ from machine to machine. */
async function answersAbout(name: (typeof SITUATIONS)[number], { processes, settle, situations, identify }: Stage) {
  const { pid, cwd } = await situations[name]();
  const now = identify(pid);
  const meant = name === 'pid reused' ? { ...now, startTicks: now.startTicks - 1 } : now;
  const seen = await settle(processes.inspect(pid));
  const table = await settle(processes.table(MARK));
  const listed = table.kind === 'known' ? table.processes.filter(({ identity }) => identity.pid === pid) : [];
  return {
    inspect: seen.kind,
    isMeant: seen.kind === 'alive' && seen.identity.startTicks === meant.startTicks,
    cwd: seen.kind === 'alive' ? seen.cwd?.replace(cwd, 'CWD') : null,
    listed: listed.map((each) => [each.mark, each.cwd?.replace(cwd, 'CWD'), each.sessionId === pid]),
    signal: await settle(processes.signal(meant, 'SIGCONT', 'process')),
    signalToGroup: await settle(processes.signal(meant, 'SIGCONT', 'group')),
  };
}

const RUNS = {
  ...{ inspect: 'alive', isMeant: true, cwd: 'CWD', listed: [['it', 'CWD', true]] },
  ...{ signal: 'ok', signalToGroup: 'ok' },
};
const GONE = { ...RUNS, inspect: 'gone', isMeant: false, cwd: null, listed: [] };

/** Measured on Linux 6.18 and held against it below. */
const EXPECTED: Readonly<Record<(typeof SITUATIONS)[number], unknown>> = {
  runs: RUNS,
  stopped: RUNS,
  // kill(2) takes what is left of it for a process.
  zombie: GONE,
  ended: { ...GONE, signal: 'ESRCH', signalToGroup: 'ESRCH' },
  'directory deleted': { ...RUNS, cwd: 'CWD (deleted)', listed: [['it', 'CWD (deleted)', true]] },
  'pid reused': { ...RUNS, isMeant: false, signal: 'ESRCH', signalToGroup: 'ESRCH' },
};

function simulatedStage(): Stage {
  const { machine, ports, kernel } = simulatedBench();
  const silent = () => {};
  const sink = { stdout: silent, stderr: silent, exited: silent };
  const start = (parent: Proc | null = null): Proc =>
    machine.start({
      ...{ argv: ['it'], program: silent, parent, newGroup: true, uid: 1000 },
      ...{ cwd: '/work', env: { [MARK]: 'it' }, sink },
    });
  const staged = (proc: Proc): Staged => ({ pid: proc.pid, cwd: '/work' });
  const identities = new Map<number, ProcessIdentity>();
  const known = (proc: Proc): Staged => {
    identities.set(proc.pid, proc.identity);
    return staged(proc);
  };
  return {
    processes: ports.processes,
    settle: async (asked) => {
      await inMacrotask(() => runKernel(kernel));
      return asked;
    },
    identify: (pid) => identities.get(pid)!,
    situations: {
      runs: async () => known(start()),
      stopped: async () => {
        const proc = start();
        machine.kill(1000, proc.pid, 'SIGSTOP');
        return known(proc);
      },
      zombie: async () => {
        const proc = start(start());
        machine.kill(1000, proc.pid, 'SIGKILL');
        return known(proc);
      },
      ended: async () => {
        const proc = start();
        machine.kill(1000, proc.pid, 'SIGKILL');
        return known(proc);
      },
      'directory deleted': async () => {
        const proc = start();
        machine.deleteDirectory('/work');
        return known(proc);
      },
      'pid reused': async () => known(start()),
    },
  };
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reprise-processes-')));
const started: number[] = [];
afterAll(() => {
  for (const pid of started) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  rmdirSync(folder);
});

function hostStage(): Stage {
  const identities = new Map<number, ProcessIdentity>();
  const env = { PATH: process.env.PATH ?? '', [MARK]: 'it' };
  const stat = (pid: number): string[] => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  };
  const known = (pid: number, cwd: string): Staged => {
    identities.set(pid, { pid, startTicks: Number(stat(pid)[19]), bootId: readBootId() });
    return { pid, cwd };
  };
  /** A `sleep` that leads a session. */
  const start = async (cwd = folder): Promise<Staged> => {
    const child = spawn('sleep', ['600'], { cwd, env, detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    started.push(child.pid!);
    await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n');
    return known(child.pid!, cwd);
  };
  return {
    processes: createProcesses(manualClock()),
    settle: (asked) => asked,
    identify: (pid) => identities.get(pid)!,
    situations: {
      runs: () => start(),
      stopped: async () => {
        const staged = await start();
        process.kill(staged.pid, 'SIGSTOP');
        await expect.poll(() => stat(staged.pid)[0]).toBe('T');
        return staged;
      },
      zombie: async () => {
        // The shell leaves a child in a session of its own to a `sleep`, which never collects it.
        const script = 'setsid sleep 600 & echo $!; exec sleep 601';
        const parent = spawn('sh', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
        started.push(parent.pid!);
        const [line] = (await once(parent.stdout, 'data')) as [Buffer];
        const pid = Number(String(line));
        await expect.poll(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n');
        await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
        const staged = known(pid, folder);
        process.kill(pid, 'SIGKILL');
        await expect.poll(() => stat(pid)[0]).toBe('Z');
        return staged;
      },
      ended: async () => {
        const child = spawn('sleep', ['600'], { cwd: folder, env, detached: true, stdio: 'ignore' });
        await once(child, 'spawn');
        const staged = known(child.pid!, folder);
        child.kill('SIGKILL');
        await once(child, 'exit');
        return staged;
      },
      'directory deleted': async () => {
        const cwd = mkdtempSync(join(folder, 'gone-'));
        const staged = await start(cwd);
        rmdirSync(cwd);
        return staged;
      },
      'pid reused': () => start(),
    },
  };
}

describe('the simulated process table', () => {
  it.each(SITUATIONS)('%s', async (name) => {
    expect(await answersAbout(name, simulatedStage())).toEqual(EXPECTED[name]);
  });
});

describe.skipIf(process.platform !== 'linux')('the real process table (needs /proc)', () => {
  it.each(SITUATIONS)('%s', async (name) => {
    expect(await answersAbout(name, hostStage())).toEqual(EXPECTED[name]);
  });
});
