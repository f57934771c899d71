import { describe, expect, it } from 'vitest';
import type { LastSeen, Terminal, TerminalBackend, TerminalSpec } from '../../../src/core/sessions/backend.ts';
import { NEVER_SEEN } from '../../../src/core/sessions/backend.ts';

/** One backend on one machine, real or simulated. */
export interface BackendBench {
  readonly backend: TerminalBackend;
  /** Waits for what the backend was asked, letting the machine run. */
  settle<Value>(asked: Promise<Value>): Promise<Value>;
  /** Lets the machine come to rest after `what` was done to it. */
  rest(): Promise<void>;
  /** Who runs this terminal, as a daemon would remember it. */
  remember(terminal: Terminal, launch: string): Promise<LastSeen>;
  /** Another program makes a session of this name, without our labels. */
  foreign(name: string): Promise<void>;
  /** Its user runs `cat -` beside what runs in the session. */
  beside(name: string): Promise<void>;
  /** Its user gives the session another name; null when the backend cannot. */
  readonly rename: ((from: string, to: string) => Promise<void>) | null;
  /** Does this process run? */
  runs(pid: number): boolean;
  stall(terminal: Terminal): void;
  resume(terminal: Terminal): Promise<void>;
  killServer(terminal: Terminal): Promise<void>;
  close(): Promise<void>;
}

export interface SuiteOptions {
  readonly open: () => Promise<BackendBench>;
  /** argv of a program that echoes its input, and of one that ends at once with exit code 3. */
  readonly echo: readonly string[];
  readonly failing: readonly string[];
  /** What is seen of a program that ended: its exit code, that it ended, or nothing. */
  readonly ended: 'exit code' | 'ended' | 'missing';
  readonly skip?: string;
}

/** What a daemon knows that died right after it asked for a terminal. */
const ASKED_FOR: LastSeen = { ...NEVER_SEEN, launch: 'launch-1' };

/** Everything that the core relies on, whatever keeps the terminals. */
export function describeBackend(name: string, options: SuiteOptions): void {
  const { open, echo, failing, ended, skip = '' } = options;
  const spec = (more: Partial<TerminalSpec> = {}): TerminalSpec => ({
    name: 'rp-1',
    launch: 'launch-1',
    argv: echo,
    cwd: '/tmp',
    ...more,
  });
  const test = (title: string, body: (bench: BackendBench) => Promise<void>) =>
    it.skipIf(skip !== '')(`${title}${skip && ` (skipped: ${skip})`}`, async () => {
      const bench = await open();
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  const make = async ({ backend, settle }: BackendBench, more: Partial<TerminalSpec> = {}): Promise<Terminal> => {
    const made = await settle(backend.create(spec(more)));
    if (made.outcome !== 'done') throw new Error(`not made: ${made.reason}`);
    return made.value;
  };
  const look = async ({ backend, settle }: BackendBench, seen: LastSeen = NEVER_SEEN, at = 'rp-1') =>
    settle(backend.probe(at, seen));

  describe(`terminals in ${name}`, () => {
    test('what was never made is missing', async (bench) => {
      expect((await look(bench)).verdict).toBe('missing');
    });

    test('what was made exists, is ours, and runs', async (bench) => {
      const made = await make(bench);
      const seen = await look(bench, ASKED_FOR);
      expect(seen).toMatchObject({ verdict: 'exists', found: { owner: 'me', launch: 'launch-1', end: null } });
      expect(seen.verdict === 'exists' && [seen.found.panePid, bench.runs(seen.found.panePid)]).toEqual([
        made.panePid,
        true,
      ]);
    });

    test('the same name is not made twice', async (bench) => {
      const made = await make(bench);
      expect((await bench.settle(bench.backend.create(spec({ launch: 'launch-2' })))).outcome).toBe('refused');
      expect(await look(bench, ASKED_FOR)).toMatchObject({ found: { panePid: made.panePid, launch: 'launch-1' } });
    });

    test('a name is not found by its beginning', async (bench) => {
      await make(bench, { name: 'rp-12' });
      expect((await look(bench)).verdict).toBe('missing');
    });

    test('text arrives once and as it is', async (bench) => {
      const made = await make(bench);
      const text = `it's "#{pid}" $HOME ; {a} \\ ~ %1 -x é`;
      expect(await bench.settle(bench.backend.send(made, text))).toMatchObject({ outcome: 'done' });
      await bench.rest();
      expect(await bench.settle(bench.backend.capture(made))).toBe(text);
    });

    test('a carriage return is the Enter key', async (bench) => {
      const made = await make(bench);
      expect(await bench.settle(bench.backend.send(made, 'one\r'))).toMatchObject({ outcome: 'done' });
      await bench.rest();
      expect(await bench.settle(bench.backend.capture(made))).toBe('one\none');
    });

    test('nothing is typed into a terminal that was made again meanwhile', async (bench) => {
      const made = await make(bench);
      const seen = await bench.remember(made, 'launch-1');
      await bench.settle(bench.backend.kill(made));
      await bench.rest();
      expect((await look(bench, seen)).verdict).toBe('missing');
      const again = await make(bench, { launch: 'launch-2' });
      expect((await bench.settle(bench.backend.send(made, 'late'))).outcome).toBe('refused');
      expect((await bench.settle(bench.backend.kill(made))).outcome).toBe('refused');
      await bench.rest();
      expect(await bench.settle(bench.backend.capture(again))).toBe('');
      expect((await look(bench)).verdict).toBe('exists');
    });

    test('it is ended on demand, and then missing', async (bench) => {
      const made = await make(bench);
      const seen = await bench.remember(made, 'launch-1');
      expect((await bench.settle(bench.backend.kill(made))).outcome).toBe('done');
      await bench.rest();
      expect((await look(bench, seen)).verdict).toBe('missing');
      expect(bench.runs(made.panePid)).toBe(false);
    });

    test('a terminal that its user renamed is found by its labels', async (bench) => {
      const made = await make(bench);
      if (!bench.rename) return;
      await bench.rename('rp-1', 'my own');
      const renamed = await look(bench, await bench.remember(made, 'launch-1'));
      expect(renamed).toMatchObject({ verdict: 'exists', found: { name: 'my own', panePid: made.panePid } });
      if (renamed.verdict !== 'exists') return;
      expect((await bench.settle(bench.backend.kill(renamed.found))).outcome).toBe('done');
      await bench.rest();
      expect(bench.runs(made.panePid)).toBe(false);
    });

    test("somebody else's is seen, and never ended", async (bench) => {
      await bench.foreign('rp-1');
      const seen = await look(bench);
      if (seen.verdict !== 'exists') throw new Error(seen.evidence);
      expect([seen.found.owner, seen.found.launch]).toEqual([null, null]);
      expect((await bench.settle(bench.backend.kill(seen.found))).outcome).toBe('refused');
      await bench.rest();
      expect((await look(bench)).verdict).toBe('exists');
    });

    test('what its user runs beside it is spared', async (bench) => {
      const made = await make(bench);
      const seen = await bench.remember(made, 'launch-1');
      await bench.beside('rp-1');
      expect(await look(bench, seen)).toMatchObject({ found: { panePid: made.panePid } });
      expect((await bench.settle(bench.backend.kill(made))).outcome).toBe('done');
      await bench.rest();
      expect([bench.runs(made.panePid), (await look(bench, seen)).verdict]).toEqual([false, 'missing']);
      const again = await bench.settle(bench.backend.create(spec({ launch: 'launch-2' })));
      expect(again).toMatchObject({ outcome: 'refused', nameTaken: true });
      expect((await look(bench)).verdict).toBe('exists');
    });

    test(`a program that ends at once is seen: ${ended}`, async (bench) => {
      await bench.settle(bench.backend.create(spec({ argv: failing })));
      await bench.rest();
      const found = await look(bench, ASKED_FOR);
      if (ended === 'missing') expect(found.verdict).toBe('missing');
      else if (found.verdict !== 'exists') expect(found.verdict).toBe('exists');
      // On a busy machine real tmux may lose it, and never knows.
      else if (ended === 'exit code' && found.found.end?.lost) expect(found.found.end.code).toBeNull();
      else expect(found).toMatchObject({ found: { end: { code: ended === 'exit code' ? 3 : null } } });
    });

    test('a server that does not answer: nothing is known, and what was asked may still happen', async (bench) => {
      const made = await make(bench);
      const seen = await bench.remember(made, 'launch-1');
      bench.stall(made);
      expect((await look(bench, seen)).verdict).toBe('unknown');
      const killed = await bench.settle(bench.backend.kill(made));
      expect(killed.outcome).not.toBe('done');
      expect(bench.runs(made.panePid)).toBe(true);
      await bench.resume(made);
      await bench.rest();
      // Carried out late or never, the answer is true.
      const after = await look(bench, seen);
      expect(after.verdict).toBe(bench.runs(made.panePid) ? 'exists' : 'missing');
    });

    test('a server that was killed: its terminals are missing once their processes are gone', async (bench) => {
      const made = await make(bench);
      const seen = await bench.remember(made, 'launch-1');
      await bench.killServer(made);
      await bench.rest();
      expect([bench.runs(made.panePid), (await look(bench, seen)).verdict]).toEqual([false, 'missing']);
    });
  });
}
