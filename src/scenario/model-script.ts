import type { ModelRule, ModelScript, ReplyStep } from '../world/model/index.ts';
import type { Prompt } from './scenario.ts';

const REPLIES: Readonly<Record<Prompt | 'helper', readonly (readonly ReplyStep[])[]>> = {
  hello: [[{ do: 'text', chunks: ['Hello ', 'there.'], gapMs: 20 }]],
  story: [[{ do: 'text', chunks: ['Once ', 'upon ', 'a ', 'time ', 'it ', 'ended.'], gapMs: 400 }]],
  tool: [[{ do: 'tool', command: 'ls' }], [{ do: 'text', chunks: ['It is ', 'empty.'], gapMs: 20 }]],
  approve: [[{ do: 'tool', command: 'touch made' }], [{ do: 'text', chunks: ['Under', 'stood.'], gapMs: 20 }]],
  helper: [[{ do: 'text', chunks: ['Helped ', 'out.'], gapMs: 150 }]],
};

/** codex asks only for commands that the model wants to run outside the sandbox; claude asks for whatever changes files. */
const ESCALATED: ModelRule = {
  when: { provider: 'openai', user: { includes: 'approve' }, round: 0 },
  reply: [
    {
      do: 'tool',
      command: 'touch made',
      input: { sandbox_permissions: 'require_escalated', justification: 'to try it' },
    },
  ],
};

/** What the scripted model says to the messages of scenarios. A message's text is its id and one of these words. */
export const MODEL_SCRIPT: ModelScript = {
  rules: [
    ESCALATED,
    ...Object.entries(REPLIES).flatMap(([word, rounds]) =>
      rounds.map((reply, round) => ({ when: { user: { includes: word }, round }, reply })),
    ),
  ],
};

/** Answers every request with an HTTP error. */
export function errorScript(status: 401 | 429 | 500): ModelScript {
  return {
    rules: [0, 1, 2, 3].map((round) => ({
      when: { user: { includes: '' }, round },
      reply: [{ do: 'status', status }],
    })),
  };
}
