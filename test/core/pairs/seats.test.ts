import { describe, expect, it } from 'vitest';
import { OUTBOX_CHARACTERS, OUTBOX_EVENTS, Outbox } from '../../../src/core/chats/outbox.ts';
import type { FrontendEvent } from '../../../src/core/index.ts';
import { Bench, codex } from './bench.ts';

describe('a chat without a chosen pair', () => {
  it('takes the first free seat of a live pair, in order; the next one works alone (probes M01, M05)', () =>
    Bench.run(3, [codex(0, 'any'), codex(0, 'any'), codex(0, 'any')], (bench) => {
      bench.tui('p3');
      bench.tui('p2');
      const answers = ['c1', 'c2', 'c3'].map((chatId) => bench.daemon.attach(chatId));
      expect(answers).toEqual([
        { ok: true, pairId: 'p2', paired: true },
        { ok: true, pairId: 'p3', paired: true },
        { ok: true, pairId: 'p1', paired: false },
      ]);
      bench.pass(1_000);
      expect(bench.say('c1', 'm1')).toBe('c1 m1 completed ');
      expect(bench.say('c3', 'm2')).toBe('c3 m2 completed ');
      const lanes = bench.simulation.kernel.trace.entries
        .filter(({ type, detail }) => type === 'stdin' && detail.includes('turn/start'))
        .map(({ actor }) => actor.slice(0, actor.indexOf('#')));
      expect(lanes).toEqual(['codex p2', 'codex p1']);
    }));

  it('passes over a pair whose app-server is down', () =>
    Bench.run(2, [codex(0, 'any')], (bench) => {
      bench.tui('p1');
      bench.tui('p2');
      bench.kill(bench.appServer('p1'));
      bench.pass(5);
      expect(bench.daemon.attach('c1')).toEqual({ ok: true, pairId: 'p2', paired: true });
    }));

  it('goes home when the TUI leaves, and back to a seat when it attaches again', () =>
    Bench.run(2, [codex(0, 'any')], (bench) => {
      const tui = bench.tui('p2');
      bench.daemon.attach('c1');
      expect(bench.chat('c1')).toMatchObject({ pairId: 'p2', paired: true });
      tui.run.leave('bye');
      bench.pass(10);
      expect(bench.chat('c1')).toMatchObject({ pairId: 'p1', paired: false, readiness: { ready: true } });
      bench.pass(1_000);
      expect(bench.say('c1', 'm1')).toBe('c1 m1 completed ');
      bench.tui('p2');
      expect(bench.chat('c1').paired).toBe(false);
      expect(bench.daemon.attach('c1')).toEqual({ ok: true, pairId: 'p2', paired: true });
      bench.pass(1_000);
      expect(bench.say('c1', 'm2')).toBe('c1 m2 completed ');
    }));
});

describe('an explicit claim', () => {
  it('gets the seat or a true error, and falls through to nothing else (probe M04)', () =>
    Bench.run(3, [codex(0), codex(1), { provider: 'claude', pair: 0 }], (bench) => {
      const { daemon } = bench;
      bench.tui('p2');
      expect(daemon.attach('c1', 'p2')).toEqual({ ok: true, pairId: 'p2', paired: true });
      expect(daemon.attach('c2', 'p2')).toMatchObject({ ok: false, code: 'PAIR_BUSY' });
      expect(daemon.attach('c2', 'ghost')).toMatchObject({ ok: false, code: 'PAIR_NOT_FOUND' });
      expect(daemon.attach('c2', 'no such')).toMatchObject({ ok: false, code: 'INVALID_PAIR_NAME' });
      expect(daemon.attach('c2', 'p3')).toMatchObject({ ok: false, code: 'PAIR_HAS_NO_TUI' });
      expect(daemon.attach('c3', 'p2')).toMatchObject({ ok: false, code: 'CHAT_TAKES_NO_SEAT' });
      expect(daemon.attach('c9', 'p2')).toMatchObject({ ok: false, code: 'CHAT_NOT_FOUND' });
      expect(bench.chat('c2')).toMatchObject({ attached: false, paired: false, pairId: 'p2' });
      bench.tui('p1');
      expect(daemon.attach('c1', 'p1')).toEqual({ ok: true, pairId: 'p1', paired: true });
      expect(bench.pair('p2')!.slot!.claimedBy).toBeNull();
      expect(daemon.attach('c2', 'p2')).toEqual({ ok: true, pairId: 'p2', paired: true });
    }));
});

/** C3.1: what is said of a chat depends on its own pair alone, whatever the first pair's state. */
describe('the reason for a refusal (18 cells: home x first pair x paired or alone)', () => {
  const states = ['none', 'connected', 'restoring'] as const;
  const put = (bench: Bench, pairId: string, state: (typeof states)[number]) => {
    if (state !== 'none') bench.tui(pairId);
  };
  const cells = states.flatMap((home) =>
    states.flatMap((first) => ([true, false] as const).map((paired) => [home, first, paired] as const)),
  );
  it.each(cells)('home %s, first pair %s, paired %s', (home, first, paired) =>
    Bench.run(2, [codex(1)], (bench) => {
      put(bench, 'p1', first);
      put(bench, 'p2', home);
      if (paired) bench.daemon.attach('c1');
      // The TUI's thread has a turn, so that it can be resumed; then both app-servers are replaced.
      if (paired && home !== 'none') expect(bench.say('c1', 'm0')).toBe('c1 m0 completed ');
      const seated = paired && home !== 'none';
      expect(bench.chat('c1').paired).toBe(seated);
      if (first === 'restoring') bench.kill(bench.appServer('p1'));
      if (home === 'restoring') bench.kill(bench.appServer('p2'));
      const codes = new Set<string>();
      for (let at = 0; at < 3_000; at += 1) {
        bench.pass(1);
        const { readiness } = bench.chat('c1');
        codes.add(readiness.ready ? 'ready' : readiness.code);
        if (!readiness.ready) expect(readiness.reason).toContain('pair p2');
      }
      const expected = ['app-server-down', 'app-server-starting', ...(seated ? ['restoring'] : [])];
      for (const code of expected) expect([code, codes.has(code)]).toEqual([code, home === 'restoring']);
      expect(codes.has('restoring')).toBe(seated && home === 'restoring');
      expect(bench.chat('c1').readiness).toEqual({ ready: true });
    }),
  );
});

/** C3.2: what ends the claim of a chat whose front end went away, on any pair and around the end of the grace period. */
describe('a claim in its grace period', () => {
  const events = ['none', 'reconnect', 'destroy', 'tui-close', 'crash', 'new-chat', 'daemon-stop'] as const;
  const pairs = [0, 1] as const;
  const times = [29_000, 30_000, 31_000] as const;
  const cells = events.flatMap((event) => pairs.flatMap((pair) => times.map((at) => [event, pair, at] as const)));

  it.each(cells)('%s on pair %i at %i ms', (event, index, at) =>
    Bench.run(2, [codex(index), codex(index), codex(1 - index)], (bench) => {
      const own = `p${index + 1}`;
      const other = `p${2 - index}`;
      const tui = bench.tui(own);
      bench.tui(other);
      bench.daemon.attach('c3');
      bench.daemon.attach('c1');
      bench.pass(1_000);
      bench.daemon.detach('c1');
      bench.pass(at);
      const over = at >= 30_000;
      expect(bench.pair(own)!.slot!.claimedBy).toBe(over ? null : 'c1');
      act(event, bench, own, tui);
      bench.pass(100);
      const claimed = () => bench.pair(own)?.slot?.claimedBy ?? null;
      if (event === 'none' || event === 'crash') expect(claimed()).toBe(over ? null : 'c1');
      if (event === 'reconnect') expect(claimed()).toBe('c1');
      if (event === 'new-chat') expect(claimed()).toBe(over ? 'c2' : 'c1');
      if (event === 'destroy') expect(bench.pair(own)).toBeUndefined();
      if (event === 'tui-close') expect(bench.pair(own)!.slot).toBeNull();
      bench.pass(40_000);
      const kept = event === 'reconnect' ? 'c1' : event === 'new-chat' && over ? 'c2' : null;
      expect(claimed()).toBe(kept);
      // The other pair's claim is nobody's business.
      if (event !== 'daemon-stop') expect(bench.pair(other)!.slot!.claimedBy).toBe('c3');
      for (const { status, readiness } of bench.status.chats)
        expect({ status, readiness }).toMatchObject({ status: 'open', readiness: { ready: true } });
    }),
  );

  function act(event: (typeof events)[number], bench: Bench, own: string, tui: ReturnType<Bench['tui']>): void {
    const { daemon } = bench;
    if (event === 'reconnect') daemon.attach('c1');
    if (event === 'destroy') expect(bench.get(daemon.destroyPair(own, { force: true }))).toEqual({ ok: true });
    if (event === 'tui-close') tui.run.leave('bye');
    if (event === 'crash') bench.kill(bench.appServer(own));
    if (event === 'new-chat') daemon.attach('c2');
    if (event === 'daemon-stop') {
      bench.simulation.restart();
      bench.pass(10_000);
    }
  }
});

describe('what happens while no front end is connected', () => {
  const shown: FrontendEvent[] = [];
  const fresh = (): Outbox => {
    shown.length = 0;
    return new Outbox({ publish: (event) => shown.push(event) });
  };
  const notice = (text: string): FrontendEvent => ({ type: 'notice', chatId: 'c1', code: 'x', text });
  const delta = (text: string, turnId = 't'): FrontendEvent => ({ type: 'text.delta', chatId: 'c1', turnId, text });

  it('is shown in order when one connects, once, and for its chat only', () => {
    const outbox = fresh();
    for (const event of [delta('a'), delta('b'), notice('n'), delta('c'), delta('d', 'u')]) outbox.publish(event);
    outbox.publish({ ...notice('other'), chatId: 'c2' } as FrontendEvent);
    outbox.open('c1');
    const expected = [delta('ab'), notice('n'), delta('c'), delta('d', 'u')];
    expect(shown).toEqual(expected);
    outbox.publish(notice('live'));
    outbox.close('c1');
    outbox.publish(notice('later'));
    outbox.open('c1');
    expect(shown).toEqual([...expected, notice('live'), notice('later')]);
  });

  it('is bounded in number: the oldest are dropped, and that is said first', () => {
    const outbox = fresh();
    for (let index = 0; index < OUTBOX_EVENTS + 7; index++) outbox.publish(notice(`n${index}`));
    outbox.open('c1');
    expect(shown).toHaveLength(OUTBOX_EVENTS + 1);
    expect(shown[0]).toMatchObject({
      code: 'events-dropped',
      text: '7 events were dropped while nobody was connected.',
    });
    expect(shown[1]).toEqual(notice('n7'));
  });

  it('is bounded in size, also as one long text', () => {
    const outbox = fresh();
    const long = 'x'.repeat(OUTBOX_CHARACTERS / 4);
    for (let index = 0; index < 10; index++) outbox.publish(delta(long));
    outbox.publish(notice('end'));
    outbox.open('c1');
    const size = shown.reduce((sum, event) => sum + ('text' in event ? event.text.length : 0), 0);
    expect(size).toBeLessThanOrEqual(OUTBOX_CHARACTERS + 100);
    expect(shown[0]).toMatchObject({ code: 'events-dropped' });
    expect(shown.at(-1)).toEqual(notice('end'));
  });
});
