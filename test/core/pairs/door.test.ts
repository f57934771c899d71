import { describe, expect, it } from 'vitest';
import type { ClientEnd } from '../../../src/world/network.ts';
import { Bench, codex } from './bench.ts';

interface Raw {
  readonly frames: { readonly type: string; readonly code?: number }[];
  closed: boolean;
  readonly end: ClientEnd;
  say(frame: object | string): void;
}

/** A peer that says what it is told to say, and nothing by itself. */
function raw(bench: Bench, pairId: string): Raw {
  const { machine } = bench.simulation;
  const proc = machine.start({
    argv: ['peer'],
    program: () => {},
    parent: null,
    newGroup: true,
    uid: 1000,
    cwd: '/',
    env: {},
    sink: { stdout: () => {}, stderr: () => {}, exited: () => {} },
  });
  const frames: Raw['frames'] = [];
  const end = machine.network.connect(proc, bench.pair(pairId)!.port, {
    data: (chunk) =>
      frames.push(
        ...chunk
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
    closed: () => {
      peer.closed = true;
    },
  })!;
  const peer: Raw = {
    frames,
    closed: false,
    end,
    say: (frame) => end.send(typeof frame === 'string' ? frame : `${JSON.stringify(frame)}\n`),
  };
  return peer;
}

const one = (test: (bench: Bench) => void) => Bench.run(1, [codex(0)], test);

describe('hello', () => {
  it.each([
    ['no token', { type: 'hello' }, 'refused', 4_005],
    ['an empty token', { type: 'hello', token: '' }, 'refused', 4_005],
    ['a token that is too long', { type: 'hello', token: 'x'.repeat(257) }, 'refused', 4_005],
    ['something else', 'GET / HTTP/1.1\n', 'closed', 1_002],
    ['another kind of frame', { type: 'goodbye' }, 'closed', 1_002],
    ['JSON that is no object', '[]\nnull\n', 'closed', 1_002],
    ['a line without end', `${'x'.repeat(5_000)}\n`, 'closed', 1_002],
  ])('with %s is refused', (_what, frame, type, code) =>
    one((bench) => {
      const peer = raw(bench, 'p1');
      peer.say(frame);
      bench.pass(100);
      expect(peer.frames).toMatchObject([{ type, code }]);
      expect(peer.closed).toBe(true);
      expect(bench.pair('p1')!.slot).toBeNull();
    }),
  );

  it('must come in time, and once', () =>
    one((bench) => {
      const slow = raw(bench, 'p1');
      bench.pass(4_900);
      expect(slow.frames).toEqual([]);
      bench.pass(200);
      expect(slow.frames).toMatchObject([{ type: 'closed', code: 1_002 }]);
      const twice = raw(bench, 'p1');
      twice.say({ type: 'hello', token: 'a' });
      twice.say({ type: 'hello', token: 'b' });
      bench.pass(100);
      expect(twice.frames).toMatchObject([
        { type: 'attached', pair: 'p1' },
        { type: 'closed', code: 1_002 },
      ]);
    }));

  it('may come in pieces, with more behind it', () =>
    one((bench) => {
      const peer = raw(bench, 'p1');
      for (const piece of ['{"type":"he', 'llo","token":"a"}\n{"type":"ping",', '"n":7}\n']) peer.say(piece);
      bench.pass(100);
      expect(peer.frames).toEqual([
        { type: 'attached', pair: 'p1' },
        { type: 'pong', n: 7 },
      ]);
    }));
});

describe('the seat', () => {
  it('is refused to another TUI while the one that sits there answers (probe M03)', () =>
    one((bench) => {
      const first = bench.tui('p1');
      const other = bench.tui('p1', 'other');
      expect(other.run).toMatchObject({ attached: false, refused: true, code: 4_002 });
      expect(first.run).toMatchObject({ attached: true, connected: true });
      expect(bench.pair('p1')!.slot).toMatchObject({ token: 'tui-p1', connected: true });
    }));

  it('is given to another TUI when the one that sits there does not answer, not before (B14)', () =>
    one((bench) => {
      const first = bench.tui('p1');
      bench.daemon.attach('c1');
      bench.simulation.tuis.freeze(first);
      const other = bench.tui('p1', 'other');
      bench.pass(2_800);
      expect(other.run.attached).toBe(false);
      const third = bench.tui('p1', 'third');
      expect(third.run).toMatchObject({ refused: true, code: 4_003 });
      bench.pass(300);
      expect(other.run.attached).toBe(true);
      expect(bench.pair('p1')!.slot).toMatchObject({ token: 'other', claimedBy: null });
      expect(bench.chat('c1').paired).toBe(false);
      bench.simulation.tuis.thaw(first);
      bench.pass(100);
      expect(first.run).toMatchObject({ attached: false, code: 4_002 });
      expect(bench.pair('p1')!.slot).toMatchObject({ token: 'other', connected: true });
    }));

  it('is judged by answers, not by clocks: a pong in the same instant counts (B15)', () =>
    one((bench) => {
      const first = bench.tui('p1');
      for (let turn = 0; turn < 5; turn++) {
        expect(bench.tui('p1', `other${turn}`).run).toMatchObject({ refused: true, code: 4_002 });
      }
      bench.pass(120_000);
      expect(first.run).toMatchObject({ attached: true, connected: true });
    }));

  it('is taken over by the same TUI, and the claim on it stays', () =>
    one((bench) => {
      const first = bench.tui('p1');
      bench.daemon.attach('c1');
      const again = bench.tui('p1');
      expect(first.run).toMatchObject({ attached: false, code: 4_001 });
      expect(again.run.attached).toBe(true);
      expect(bench.pair('p1')!.slot).toMatchObject({ token: 'tui-p1', connected: true, claimedBy: 'c1' });
      expect(bench.seen('notice')).toEqual([]);
    }));

  it.each([
    [2_400, true],
    [2_600, false],
  ])('is kept for a lost connection for 2.5 s: back after %i ms', (backMs, kept) =>
    one((bench) => {
      const tui = bench.tui('p1');
      bench.daemon.attach('c1');
      tui.run.drop(backMs);
      bench.pass(1_000);
      expect(bench.pair('p1')!.slot).toMatchObject({ connected: false, claimedBy: 'c1' });
      bench.pass(2_000);
      expect(bench.pair('p1')!.slot).toMatchObject({ connected: true, claimedBy: kept ? 'c1' : null });
      expect(bench.seen('notice')).toEqual(kept ? [] : ['c1 tui-disconnected']);
      // No timer of the first loss ends the seat of the one that is back.
      bench.pass(10_000);
      expect(tui.run).toMatchObject({ attached: true, connected: true });
    }),
  );

  it('of a lost connection is free for whoever comes', () =>
    one((bench) => {
      bench.tui('p1').run.drop(60_000);
      bench.pass(10);
      expect(bench.tui('p1', 'other').run.attached).toBe(true);
      bench.pass(10_000);
      expect(bench.pair('p1')!.slot).toMatchObject({ token: 'other', connected: true });
    }));

  it.each(['bye', 'kill'] as const)('ends when its TUI leaves: %s', (how) =>
    one((bench) => {
      bench.tui('p1').run.leave(how);
      bench.pass(10);
      if (how === 'kill') bench.pass(2_500);
      expect(bench.pair('p1')!.slot).toBeNull();
    }),
  );

  it('is lost by a TUI that vanished, also when nobody else comes', () =>
    one((bench) => {
      const tui = bench.tui('p1');
      bench.simulation.tuis.freeze(tui);
      bench.pass(36_000);
      expect(bench.pair('p1')!.slot).toBeNull();
    }));

  it('and all connections end with the daemon, which says so', () =>
    one((bench) => {
      const tui = bench.tui('p1');
      bench.simulation.restart();
      bench.pass(10_000);
      expect(tui.run).toMatchObject({ attached: false, code: 1_001 });
      expect(bench.pair('p1')).toMatchObject({ health: 'healthy', slot: null });
    }));
});
