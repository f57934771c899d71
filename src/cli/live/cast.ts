import type { ModelScript } from '../../world/model/index.ts';

/** Prompts of the walkthrough, and what the model makes of them. */
export const HELLO = 'introduce yourself';
export const STORY = 'tell a long story';
export const HELPER = 'check the facts';
export const AGAIN = 'where were we';
export const ENDING = 'the ending';

export const WALKTHROUGH_SCRIPT: ModelScript = {
  rules: [
    {
      when: { user: { includes: HELLO } },
      reply: [{ do: 'text', chunks: ['I am ', 'the scripted ', 'model.'], gapMs: 25 }],
    },
    {
      when: { user: { includes: STORY } },
      reply: [
        { do: 'text', chunks: ['Once upon ', 'a time '], gapMs: 25 },
        { do: 'gate', name: ENDING },
        { do: 'text', chunks: ['it ', 'ended.'], gapMs: 25 },
      ],
    },
    { when: { user: HELPER }, reply: [{ do: 'status', status: 401 }] },
    {
      when: { user: { includes: AGAIN } },
      reply: [{ do: 'text', chunks: ['We left off ', 'right here.'], gapMs: 25 }],
    },
  ],
};

/** Two pairs; a chat on each, and one with Claude. */
export const PAIRS = ['work', 'side'] as const;
export const CHATS = [
  { chatId: 'ann', provider: 'codex', pairId: 'work' },
  { chatId: 'ben', provider: 'codex', pairId: 'side' },
  { chatId: 'cleo', provider: 'claude', pairId: 'work' },
] as const;

export type ChatId = (typeof CHATS)[number]['chatId'];
