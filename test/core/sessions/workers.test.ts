import { expect, it } from 'vitest';
import type { FrontendEvent } from '../../../src/core/ports.ts';
import type { WorkerEnd } from '../../../src/core/sessions/backend.ts';
import { DEFAULT_SESSIONS } from '../../../src/core/sessions/config.ts';
import type { SessionState } from '../../../src/core/sessions/session-store.ts';
import type { Terminals } from '../../../src/core/sessions/terminals.ts';
import { Workers } from '../../../src/core/sessions/workers.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { chatOf, gone, terminalOf, unseen } from './chats-kit.ts';

function bench() {
  const clock = new SteppedClock();
  const chat = chatOf('c1');
  const notices: string[] = [];
  const seen = { restarts: 0, ok: true, cleared: gone(), whenCleared: [] as SessionState[] };
  const setState = async (_chat: unknown, state: SessionState) => {
    chat.session = { ...chat.session, state };
  };
  const terminals = {
    stopped: false,
    clear: async () => {
      seen.whenCleared.push(chat.session.state);
      return seen.cleared;
    },
    recover: async () => {
      seen.restarts++;
      if (seen.ok) await setState(chat, 'active');
      return seen.ok ? { ok: true } : { ok: false, reason: 'no' };
    },
    setState,
  } as unknown as Terminals;
  const frontend = { publish: (event: FrontendEvent) => void (event.type === 'notice' && notices.push(event.code)) };
  const workers = new Workers({ terminals, clock, log: { event() {} }, frontend, sessions: DEFAULT_SESSIONS });
  const ended = (end: WorkerEnd) => workers.ended(chat, terminalOf(chat, end));
  return { clock, chat, notices, seen, ended, workers };
}

const CRASH: WorkerEnd = { code: 1, signal: null };

it.each<[string, WorkerEnd]>([
  ['with exit code 0', { code: 0, signal: null }],
  ['nobody knows how', { code: null, signal: null }],
])('a worker that ended %s is not started again', async (_how, end) => {
  const { ended, seen, notices } = bench();
  expect([await ended(end), seen.restarts, notices]).toEqual([true, 0, []]);
});

it.each<[string, WorkerEnd]>([
  ['crashed', CRASH],
  ['was killed', { code: null, signal: 9 }],
  ['ended in a way that its backend lost', { code: null, signal: null, lost: true }],
])(
  'a worker that %s is started again, so often in a minute; then its session is parked, with a notice',
  async (_how, end) => {
    const { ended, seen, notices, chat, clock } = bench();
    for (let crash = 1; crash <= DEFAULT_SESSIONS.maxRestarts; crash++) {
      expect([await ended(end), seen.restarts]).toEqual([false, crash]);
      await clock.advance(1_000);
    }
    expect([await ended(end), seen.restarts]).toEqual([false, DEFAULT_SESSIONS.maxRestarts]);
    expect([chat.session.state, notices]).toEqual(['parked', ['terminal-parked']]);
  },
);

it('forgives crashes of long ago', async () => {
  const { ended, seen, clock, chat } = bench();
  for (let crash = 1; crash <= 3 * DEFAULT_SESSIONS.maxRestarts; crash++) {
    await ended(CRASH);
    expect([seen.restarts, chat.session.state]).toEqual([crash, 'active']);
    await clock.advance(DEFAULT_SESSIONS.restartWindowMs / DEFAULT_SESSIONS.maxRestarts);
  }
});

it('parks at once when the worker cannot be started again', async () => {
  const { ended, seen, notices, chat } = bench();
  seen.ok = false;
  expect([await ended(CRASH), chat.session.state, notices]).toEqual([false, 'parked', ['terminal-parked']]);
});

it('remembers a crash until the terminal is known to be gone', async () => {
  const { ended, seen, workers, chat } = bench();
  seen.cleared = unseen();
  expect([await ended(CRASH), seen.restarts]).toEqual([false, 0]);
  expect([await workers.isLeft(chat), seen.restarts]).toEqual([false, 1]);
  expect([await workers.isLeft(chat), seen.restarts]).toEqual([true, 1]);
});

it('has written down that a worker crashed before its terminal is removed', async () => {
  const { ended, seen, notices, chat } = bench();
  seen.cleared = unseen();
  await ended(CRASH);
  expect([seen.whenCleared, chat.session.state, notices]).toEqual([['parked'], 'parked', []]);
});

it('writes down nothing of a worker that ended in good order', async () => {
  const { ended, seen, chat } = bench();
  await ended({ code: 0, signal: null });
  expect([seen.whenCleared, chat.session.state]).toEqual([['active'], 'active']);
});
