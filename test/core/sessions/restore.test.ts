import { expect, it } from 'vitest';
import type { Chat } from '../../../src/core/chats/chat.ts';
import { DEFAULT_TIMERS } from '../../../src/core/config.ts';
import { DEFAULT_SESSIONS } from '../../../src/core/sessions/config.ts';
import { Restorer, type RestorerOptions } from '../../../src/core/sessions/restore.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { chatOf, terminalOf, there } from './chats-kit.ts';

function bench(chats: readonly Chat[], maxTerminals: number) {
  const clock = new SteppedClock();
  const ended: string[] = [];
  const terminals = {
    setState: async (chat: Chat, state: 'suspended') => {
      chat.session = { ...chat.session, state };
    },
    endOnce: async (chat: Chat) => {
      ended.push(chat.chatId);
      chat.terminal = 'absent';
      return 'gone';
    },
    look: async (chat: Chat) => there(terminalOf(chat)),
  };
  const sessions = { ...DEFAULT_SESSIONS, maxTerminals, unusedMs: 10_000 };
  const options = { terminals, clock, timers: DEFAULT_TIMERS, sessions, owner: 'me' } as unknown as RestorerOptions;
  const restorer = new Restorer(options);
  restorer.sweepRegularly(() => chats);
  return { clock, ended, restorer, sweep: () => clock.advance(DEFAULT_TIMERS.sweepMs) };
}

it('suspends the terminals that were out of use longest when there are more than there may be', async () => {
  const chats = [5, 1, 3, 4, 2].map((usedAt) => chatOf(`c${usedAt}`, { usedAt }));
  const { ended, sweep } = bench(chats, 3);
  await sweep();
  expect(ended).toEqual(['c1', 'c2']);
  expect(chats.filter(({ session }) => session.state === 'suspended').map(({ chatId }) => chatId)).toEqual([
    'c1',
    'c2',
  ]);
  await sweep();
  expect(ended).toEqual(['c1', 'c2']);
});

it("spares what is in use: a front end is connected, something is done with it, or it is its user's", async () => {
  const [attached, busy, adopted, idle] = [
    chatOf('c1', { usedAt: 1 }),
    chatOf('c2', { usedAt: 2 }),
    chatOf('c3', { usedAt: 3, adopted: true }),
    chatOf('c4', { usedAt: 4 }),
  ] as const;
  attached.attach();
  void busy.queue.add(() => new Promise(() => {}));
  const { ended, sweep } = bench([attached, busy, adopted, idle], 1);
  await sweep();
  expect(ended).toEqual(['c4']);
});

it('suspends none while there is room', async () => {
  const { ended, sweep } = bench([chatOf('c1'), chatOf('c2')], 2);
  await sweep();
  expect(ended).toEqual([]);
});

it('spares what was used lately, and counts what a daemon before it had as used when it began', async () => {
  const chats = [chatOf('c1', { usedAt: 1 }), chatOf('c2', { usedAt: 2 })];
  const { clock, ended, restorer, sweep } = bench(chats, 1);
  await clock.advance(25_000);
  await restorer.restoreAll(chats);
  expect(chats.map(({ usedAt }) => usedAt)).toEqual([25_000, 25_000]);
  await clock.advance(5_000);
  expect(ended).toEqual([]);
  await sweep();
  expect(ended).toEqual(['c1']);
});

it('suspends no more because what it suspended before cannot be ended yet', async () => {
  const chats = [chatOf('c1', { usedAt: 1 }), chatOf('c2', { usedAt: 2 }), chatOf('c3', { usedAt: 3 })];
  const { sweep } = bench(chats, 2);
  await sweep();
  // As after a kill that timed out.
  chats[0]!.terminal = 'present';
  await sweep();
  expect(chats.map(({ session }) => session.state)).toEqual(['suspended', 'active', 'active']);
});
