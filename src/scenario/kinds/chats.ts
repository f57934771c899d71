import { CHAT, kind, oneOf } from './field.ts';

/** What the model does with a message: a short answer, a tool call, one that needs an approval, a slow answer. */
export const PROMPTS = ['hello', 'tool', 'approve', 'story'] as const;

const ANSWERS: Readonly<Record<(typeof PROMPTS)[number], string>> = {
  hello: 'gets a short answer',
  story: 'gets a slow answer',
  tool: 'makes the agent run a tool',
  approve: 'makes the agent ask for approval of a tool',
};

/** What a chat's user or front end does. */
export const CHAT_STEPS = {
  message: kind(
    { chat: CHAT, prompt: oneOf(...PROMPTS) },
    ({ chat, prompt }, say) => `${say.chat(chat)}'s user sends a message that ${ANSWERS[prompt]}`,
    { weight: 5 },
  ),
  /** Answers the chat's oldest open approval, if there is one. */
  answer: kind(
    { chat: CHAT, decision: oneOf('accept', 'decline') },
    ({ chat, decision }, say) => `${say.chat(chat)}'s user ${decision}s its oldest open approval`,
  ),
  interrupt: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)}'s user interrupts the running turn`),
  attach: kind({ chat: CHAT }, ({ chat }, say) => `a front end connects to ${say.chat(chat)}`, { weight: 4 }),
  detach: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)}'s front end goes away`, { weight: 2 }),
  close: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)}'s user closes the chat`),
  /** The chat asks for a helper, which runs on its pair's app-server. */
  helper: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)} asks for a helper on its pair's app-server`, {
    weight: 2,
  }),
};
