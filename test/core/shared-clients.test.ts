import { describe, expect, it } from 'vitest';
import { cleanupAfter } from '../../src/core/providers/cleanup-policy.ts';
import { type SharedClient, SharedClients } from '../../src/core/providers/shared-clients.ts';
import type { ClientEnd, FailureClass, Outcome } from '../../src/core/providers/types.ts';

class FakeClient implements SharedClient {
  end: ClientEnd | null = null;
  closes = 0;
  readonly #listeners: ((end: ClientEnd) => void)[] = [];

  onEnd(listener: (end: ClientEnd) => void): void {
    if (this.end) listener(this.end);
    else this.#listeners.push(listener);
  }

  async close(): Promise<ClientEnd> {
    this.closes++;
    return this.finish('closed');
  }

  finish(kind: ClientEnd['kind']): ClientEnd {
    this.end ??= { kind, code: 0, signal: null, message: kind };
    for (const listener of this.#listeners.splice(0)) listener(this.end);
    return this.end;
  }
}

function setUp() {
  const started: FakeClient[] = [];
  const waiting: ((outcome: Outcome<FakeClient>) => void)[] = [];
  const clients = new SharedClients<FakeClient>(() => new Promise((resolve) => waiting.push(resolve)));
  const arrive = () => {
    const client = new FakeClient();
    started.push(client);
    waiting.shift()!({ ok: true, value: client });
    return client;
  };
  const failToStart = () =>
    waiting.shift()!({
      ok: false,
      failure: { class: 'transport', message: 'no', httpStatus: null, mayHaveRun: false },
    });
  return { clients, started, arrive, failToStart };
}

async function leased() {
  const world = setUp();
  const acquiring = [world.clients.acquire('p1', 'parent'), world.clients.acquire('p1', 'helper')];
  const client = world.arrive();
  const [parent, helper] = (await Promise.all(acquiring)).map((outcome) => (outcome.ok ? outcome.value : null));
  return { ...world, client, parent: parent!, helper: helper! };
}

describe('shared clients', () => {
  it('starts one client for all who ask for a key at once', async () => {
    const { client, parent, helper, started } = await leased();
    expect(started).toEqual([client]);
    expect([parent.client, helper.client]).toEqual([client, client]);
  });

  it('fails everyone who waits for a start that fails, and starts afresh for the next', async () => {
    const { clients, arrive, failToStart } = setUp();
    const both = [clients.acquire('p1', 'a'), clients.acquire('p1', 'b')];
    failToStart();
    expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([false, false]);
    const next = clients.acquire('p1', 'c');
    arrive();
    expect((await next).ok).toBe(true);
  });

  const ANSWERS: FailureClass[] = ['unauthorized', 'rate-limited', 'overloaded', 'rejected', 'other'];
  const SUSPECT: FailureClass[] = ['timed-out', 'aborted', 'transport'];

  it.each(ANSWERS)('keeps the client for its parent when a helper fails: %s', async (failure) => {
    const { clients, client, helper } = await leased();
    helper.releaseAfter(failure);
    expect(cleanupAfter(failure)).toBe('release');
    expect(client.closes).toBe(0);
    const again = await clients.acquire('p1', 'next');
    expect(again.ok && again.value.client).toBe(client);
  });

  it.each(SUSPECT)('retires a suspect client without cutting off who still uses it: %s', async (failure) => {
    const { clients, client, parent, helper, arrive } = await leased();
    let told = 0;
    parent.onRetired(() => told++);
    helper.releaseAfter(failure);
    expect([client.closes, told]).toEqual([0, 1]);
    const acquiring = clients.acquire('p1', 'next');
    const fresh = arrive();
    const next = await acquiring;
    expect(next.ok && next.value.client).toBe(fresh);
    parent.release();
    parent.release();
    expect([client.closes, fresh.closes]).toEqual([1, 0]);
  });

  it('forgets a client that has ended, and only that one', async () => {
    const { clients, client, arrive } = await leased();
    client.finish('exited');
    const acquiring = clients.acquire('p1', 'next');
    const fresh = arrive();
    client.finish('exited');
    await acquiring;
    const again = await clients.acquire('p1', 'again');
    expect(again.ok && again.value.client).toBe(fresh);
  });

  it('refuses a client that ended between its start and the grant', async () => {
    const { clients, arrive } = setUp();
    const acquiring = clients.acquire('p1', 'a');
    arrive().finish('exited');
    expect(await acquiring).toMatchObject({ ok: false, failure: { class: 'transport' } });
  });

  it('closes all, also what is still starting, and admits nobody after that', async () => {
    const { clients, client, arrive } = await leased();
    const late = clients.acquire('p2', 'late');
    const closing = clients.closeAll();
    const second = arrive();
    await closing;
    await late;
    expect([client.end?.kind, second.end?.kind]).toEqual(['closed', 'closed']);
    expect((await clients.acquire('p3', 'after')).ok).toBe(false);
  });
});
