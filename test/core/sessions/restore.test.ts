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
  const sessions = { ...DEFAULT_SESSIONS, maxTerminals };
  const options = { terminals, clock, timers: DEFAULT_TIMERS, sessions, owner: 'me' } as unknown as RestorerOptions;
  new Restorer(options).sweepRegularly(() => chats);
  return { ended, sweep: () => clock.advance(DEFAULT_TIMERS.sweepMs) };
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
