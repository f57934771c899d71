import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Chat } from '../../../src/core/chats/chat.ts';
import type { Probe } from '../../../src/core/probe/probe.ts';
import { TerminalAccess } from '../../../src/core/sessions/access.ts';
import type { Change, Terminal } from '../../../src/core/sessions/backend.ts';
import { DEFAULT_SESSIONS } from '../../../src/core/sessions/config.ts';
import { SessionStore } from '../../../src/core/sessions/session-store.ts';
import type { Terminals } from '../../../src/core/sessions/terminals.ts';
import { Store } from '../../../src/core/store/store.ts';
import { openDatabase } from '../../../src/host/database.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { chatOf, gone, terminalOf, there, unseen } from './chats-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-access-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

async function bench(chat: Chat = chatOf('c1')) {
  const clock = new SteppedClock();
  const database = openDatabase(join(folder, `${count++}.sqlite`));
  const rows = new Store(database);
  await rows.open();
  const { chatId, session } = chat;
  const row = { chatId, provider: 'codex', homePairId: 'p1', pinned: false, cwd: '/', exclusive: false } as const;
  await rows.addChat({ ...row, resumeKey: null, status: 'open' }, session);
  const seen: { probe: Probe<Terminal>; sent: Change<null>; looks: number; readonly typed: string[] } = {
    ...{ probe: there(terminalOf(chat)), sent: { outcome: 'done', value: null }, looks: 0, typed: [] },
  };
  const terminals = {
    ask: async () => {
      seen.looks++;
      return seen.probe;
    },
    isConfigured: () => true,
    backendOf: () => ({
      send: async (_terminal: Terminal, text: string) => {
        seen.typed.push(text);
        return seen.sent;
      },
      capture: async () => 'on the screen',
    }),
  } as unknown as Terminals;
  const common = { terminals, clock, log: { event() {} }, sessions: DEFAULT_SESSIONS, owner: 'me' };
  const open = () => new TerminalAccess({ ...common, store: new SessionStore(database) });
  return { chat, clock, seen, access: open(), open };
}

/** What a promise came to, letting time pass for it. */
async function after<Value>(clock: SteppedClock, ms: number, asked: Promise<Value>): Promise<Value | 'waits'> {
  let result: Value | 'waits' = 'waits';
  void asked.then((value) => {
    result = value;
  });
  await clock.advance(ms);
  return result;
}

it('gives out a terminal that is proven to be there', async () => {
  const { access, chat, clock } = await bench();
  expect(await after(clock, 0, access.wake(chat))).toEqual({ ok: true, backend: 'tmux', name: 'rp-c1', panePid: 7 });
});

it('looks again at one that cannot be seen, for a bounded time, and then says that asking again may help', async () => {
  const { access, chat, clock, seen } = await bench();
  seen.probe = unseen();
  const asked = access.wake(chat);
  expect(await after(clock, DEFAULT_SESSIONS.wakeMs, asked)).toMatchObject({ ok: false, retry: true });
  const { looks } = seen;
  expect(looks).toBeGreaterThan(1);
  await clock.advance(10 * DEFAULT_SESSIONS.wakeMs);
  expect(seen.looks).toBe(looks);
});

it.each<[string, (chat: Chat) => unknown, Partial<{ probe: (chat: Chat) => Probe<Terminal> }>, boolean]>([
  ['of a closed chat', (chat) => Object.assign(chat, { status: 'closed' }), {}, false],
  ['that is suspended', (chat) => Object.assign(chat.session, { state: 'suspended' }), {}, false],
  ["that is somebody else's", () => {}, { probe: (chat) => there(terminalOf(chat, null, 'you')) }, false],
  ['whose worker has ended', () => {}, { probe: (chat) => there(terminalOf(chat, { code: 0, signal: null })) }, true],
  ['that is gone', () => {}, { probe: gone }, true],
])('gives out and types into no terminal %s', async (_what, change, { probe }, retry) => {
  const { access, chat, clock, seen } = await bench();
  change(chat);
  if (probe) seen.probe = probe(chat);
  expect(await after(clock, DEFAULT_SESSIONS.wakeMs, access.wake(chat))).toMatchObject({ ok: false, retry });
  expect(await after(clock, 0, access.type(chat, 'i1', 'x'))).toMatchObject({ outcome: 'refused' });
  expect(await access.screen(chat)).toBeNull();
  expect(seen.typed).toEqual([]);
});

it('types an input once, whoever asks again, also after a restart, and tells the first outcome', async () => {
  const { access, chat, seen, open } = await bench();
  seen.sent = { outcome: 'uncertain', reason: 'no answer' };
  expect(await access.type(chat, 'i1', 'x')).toEqual({ outcome: 'uncertain', reason: 'no answer' });
  seen.sent = { outcome: 'done', value: null };
  for (const each of [access, open()])
    expect(await each.type(chat, 'i1', 'x')).toEqual({ outcome: 'uncertain', reason: 'it was asked for before' });
  expect(await access.type(chat, 'i2', 'y')).toMatchObject({ outcome: 'done' });
  expect(seen.typed).toEqual(['x', 'y']);
});

it('remembers when a terminal was shown or typed into, from the moment of the asking', async () => {
  const { access, chat, clock } = await bench();
  await clock.advance(1_000);
  void access.type(chat, 'i1', 'x');
  expect(chat.usedAt).toBe(1_000);
  await clock.advance(1_000);
  void access.wake(chat);
  expect(chat.usedAt).toBe(2_000);
});

it('types nothing any more when the daemon stops', async () => {
  const { access, chat, seen } = await bench();
  access.stop();
  expect(await access.type(chat, 'i1', 'x')).toMatchObject({ outcome: 'refused' });
  expect(seen.typed).toEqual([]);
});
