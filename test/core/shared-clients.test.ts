import { describe, expect, it } from 'vitest';
import { AbortSource } from '../../src/core/providers/abort.ts';
import { deadlines, leased, setUp } from './shared-clients-kit.ts';
import { settled } from './stepped-clock.ts';

describe('a shared client', () => {
  it('is started once for all who ask at once', async () => {
    const { client, leases, started } = await leased(2);
    expect(started).toEqual([client]);
    expect(leases.map((lease) => lease.client)).toEqual([client, client]);
  });

  it('that fails to start fails everyone who waits for it, and the next gets another', async () => {
    const { clients, arrive, failToStart } = setUp();
    const both = [clients.acquire('p1', 'a'), clients.acquire('p1', 'b')];
    failToStart();
    expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([false, false]);
    const next = clients.acquire('p1', 'c');
    arrive();
    expect((await next).ok).toBe(true);
  });

  it('that breaks off while it starts is started again, after pauses, three times in all', async () => {
    const { clients, waiting, failToStart, clock } = setUp([1_000, 2_000]);
    const acquiring = clients.acquire('p1', 'a');
    failToStart('transport');
    await clock.advance(999);
    expect(waiting).toHaveLength(0);
    await clock.advance(1);
    failToStart('transport');
    await clock.advance(2_000);
    failToStart('transport');
    expect(await acquiring).toMatchObject({ ok: false, failure: { class: 'transport' } });
  });

  it.each(['timed-out', 'unavailable', 'rejected', 'unauthorized'] as const)(
    'whose start ends with %s is not started again by itself',
    async (failure) => {
      const { clients, waiting, failToStart, clock } = setUp([1_000, 2_000]);
      const acquiring = clients.acquire('p1', 'a');
      failToStart(failure);
      expect(await acquiring).toMatchObject({ ok: false, failure: { class: failure } });
      await clock.advance(10_000);
      expect(waiting).toHaveLength(0);
    },
  );

  it('that has ended is forgotten, and only that one', async () => {
    const { clients, client, arrive } = await leased(1);
    client.finish('exited');
    const acquiring = clients.acquire('p1', 'next');
    const fresh = arrive();
    client.finish('exited');
    await acquiring;
    const again = await clients.acquire('p1', 'again');
    expect(again.ok && again.value.client).toBe(fresh);
  });

  it('that ended between its start and the grant is refused', async () => {
    const { clients, arrive } = setUp();
    const acquiring = clients.acquire('p1', 'a');
    arrive().finish('exited');
    expect(await acquiring).toMatchObject({ ok: false, failure: { class: 'transport' } });
  });

  it('that nobody has leased for 30 s is closed; a lease keeps it', async () => {
    const { clients, client, leases, clock } = await leased(1);
    await clock.advance(60_000);
    expect(client.closes).toBe(0);
    leases[0]!.release();
    await clock.advance(29_999);
    const back = await clients.acquire('p1', 'back');
    await clock.advance(30_000);
    expect(client.closes).toBe(0);
    if (back.ok) back.value.release();
    await clock.advance(30_000);
    expect(client.end?.kind).toBe('closed');
  });

  it('whose login cannot be renewed serves those who have it and nobody new', async () => {
    const { clients, client, leases, arrive } = await leased(2);
    client.suspect();
    const next = clients.acquire('p1', 'next');
    const fresh = arrive();
    expect((await next).ok && client.closes).toBe(0);
    for (const lease of leases) lease.release();
    expect([client.end?.kind, fresh.end]).toEqual(['closed', null]);
  });

  it('of another login is another client; the one before ends with its last user', async () => {
    const world = await leased(1);
    world.fingerprint = 'two';
    const next = world.clients.acquire('p1', 'next');
    const fresh = world.arrive();
    const acquired = await next;
    expect(acquired.ok && [acquired.value.client.key, fresh.key]).toEqual(['p1 two', 'p1 two']);
    expect(world.client.closes).toBe(0);
    world.leases[0]!.release();
    expect(world.client.end?.kind).toBe('closed');
  });

  it('tells its holders once when it is retired', async () => {
    const { clients, leases } = await leased(2);
    let told = 0;
    leases[0]!.onRetired(() => told++);
    clients.retire('p1', 'a test');
    clients.retire('p1', 'a test');
    expect(told).toBe(1);
  });

  it.each([true, false])(
    'that was silent for long is closed under everybody only when it does not answer now: %s',
    async (alive) => {
      const { client, leases } = await leased(2);
      client.alive = alive;
      leases[0]!.releaseAfter('silent', 'turn');
      await settled();
      expect(client.end?.kind ?? null).toBe(alive ? null : 'closed');
      leases[1]!.release();
      expect(client.end?.kind).toBe('closed');
    },
  );

  it('is cleared at once, whoever has it', async () => {
    const { clients, client, arrive } = await leased(3);
    await clients.clear('p1', 'its pair was destroyed');
    expect(client.end?.kind).toBe('closed');
    const next = clients.acquire('p1', 'next');
    arrive();
    expect((await next).ok).toBe(true);
  });

  it('is cleared when it was retired before, and still has users', async () => {
    const { clients, client } = await leased(1);
    clients.retire('p1', 'a test');
    expect(client.end).toBeNull();
    await clients.clear('p1', 'its pair was destroyed');
    expect(client.end?.kind).toBe('closed');
  });

  it('is cleared if unclaimed only when nobody has it or waits for it', async () => {
    const { clients, client, leases } = await leased(1);
    expect(clients.clearIfUnclaimed('p1', 'a test')).toEqual({ found: true, closed: false, leases: 1, pending: 0 });
    const waiting = clients.acquire('p1', 'b');
    expect(clients.clearIfUnclaimed('p1', 'a test')).toMatchObject({ closed: false, pending: 1 });
    const second = await waiting;
    leases[0]!.release();
    if (second.ok) second.value.release();
    expect(clients.clearIfUnclaimed('p1', 'a test')).toEqual({ found: true, closed: true, leases: 0, pending: 0 });
    expect(client.end?.kind).toBe('closed');
    expect(clients.clearIfUnclaimed('p1', 'a test')).toMatchObject({ found: false, closed: false });
  });
});

describe('whoever waits for a shared client', () => {
  // facts C3 row 5: two waiters, deadlines d1 < d2, initialize at t in {< d1, between, > d2}.
  it.each([
    { at: 900, served: ['first', 'second'] },
    { at: 1_500, served: ['second'] },
    { at: 2_500, served: [] },
  ])('has a deadline of its own: the start ends at $at ms', async ({ at, served }) => {
    const { clients, clock, waiting, arrive } = setUp();
    const done: string[] = [];
    const note = (name: string) => (outcome: { readonly ok: boolean }) => {
      if (outcome.ok) done.push(name);
    };
    void clients.acquire('p1', 'first', deadlines(1_000)).then(note('first'));
    void clients.acquire('p1', 'second', deadlines(2_000)).then(note('second'));
    const start = waiting[0]!;
    await clock.advance(at);
    const client = arrive();
    await settled();
    expect(done).toEqual(served);
    // Nobody waited any more: the start was told, and what arrived was closed.
    expect([start.abort.aborted, client.end?.kind ?? null]).toEqual(
      served.length === 0 ? [true, 'closed'] : [false, null],
    );
  });

  it('waits for the login as long again after the handshake', async () => {
    const { clients, clock, waiting } = setUp();
    const acquiring = clients.acquire('p1', 'a', deadlines(1_000, 500));
    await clock.advance(999);
    waiting[0]!.initialized();
    await clock.advance(499);
    expect(clock.waiting).toEqual(['acquire authentication']);
    await clock.advance(1);
    expect(await acquiring).toMatchObject({
      ok: false,
      failure: { message: 'codex app-server authentication timed out' },
    });
  });

  it.each([0, -5, 1, 99])('has 100 ms at least: %i', async (ms) => {
    const { clients, clock, arrive } = setUp();
    const acquiring = clients.acquire('p1', 'a', deadlines(ms));
    await clock.advance(99);
    arrive();
    expect((await acquiring).ok).toBe(true);
  });

  it('may give up; the others are served', async () => {
    const { clients, arrive } = setUp();
    const abort = new AbortSource();
    const acquiring = clients.acquire('p1', 'a', { abort });
    const other = clients.acquire('p1', 'b');
    abort.abort();
    expect(await acquiring).toMatchObject({ ok: false, failure: { class: 'aborted' } });
    const client = arrive();
    expect((await other).ok && client.end).toBe(null);
  });

  it('and gives up last ends the start; the next begins another', async () => {
    const { clients, waiting, arrive } = setUp();
    const abort = new AbortSource();
    const acquiring = clients.acquire('p1', 'a', { abort });
    abort.abort();
    await acquiring;
    expect(waiting[0]!.abort.aborted).toBe(true);
    const next = clients.acquire('p1', 'b');
    const late = arrive();
    const fresh = arrive();
    const acquired = await next;
    expect(acquired.ok && acquired.value.client).toBe(fresh);
    expect(late.end?.kind).toBe('closed');
  });
});

describe('the registry of shared clients', () => {
  it('closes all, also what is still starting, and admits nobody after that', async () => {
    const { clients, client, arrive, waiting } = await leased(2);
    const late = clients.acquire('p2', 'late');
    const closing = clients.closeAll();
    expect(waiting[0]!.abort.aborted).toBe(true);
    const second = arrive();
    await closing;
    await late;
    expect([client.end?.kind, second.end?.kind]).toEqual(['closed', 'closed']);
    expect((await clients.acquire('p3', 'after')).ok).toBe(false);
  });

  it('leaves no timer behind', async () => {
    const { clients, leases, clock } = await leased(1);
    leases[0]!.release();
    await clients.closeAll();
    expect(clock.waiting).toEqual([]);
  });
});
