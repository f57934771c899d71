import type { CHAT_STEPS } from '../kinds/chats.ts';
import { expectedCode } from '../rules/readiness-oracle.ts';
import type { Simulation } from '../simulation.ts';
import type { Act, Acts } from './act.ts';
import type { Users } from './users.ts';

const message: Act<'message'> = (step, users) => {
  const { status, daemon, simulation } = users;
  const chatId = users.chat(step);
  const chat = status?.chats.find((view) => view.chatId === chatId);
  if (!daemon || !status || !chat) return;
  const expected = expectedCode(chat, status);
  const messageId = users.next('m');
  const sentAt = simulation.now;
  const sent = simulation.book.sent(messageId, chatId, step.prompt, simulation.now);
  void daemon.send(chatId, messageId, `${messageId} ${step.prompt}`).then((result) => {
    sent.answer = result.accepted ? 'accepted' : 'refused';
    simulation.kernel.record('user', sent.answer, result.accepted ? messageId : `${messageId} ${result.reason}`);
    if (result.accepted) return;
    if (result.code === 'directory-locked' && simulation.locks.refusalIsTrue(chatId, sentAt)) return;
    const named = result.code === 'closed' || result.code === 'stopping' || result.reason.includes(chat.pairId);
    if (result.code === expected && named) return;
    users.untrueRefusal({
      subject: `message ${messageId} to chat ${chatId} on pair ${chat.pairId}`,
      expected: expected === null ? 'accepted' : `refused as '${expected}', naming ${chat.pairId}`,
      seen: `refused as '${result.code}': ${result.reason}`,
    });
  });
};

const attach: Act<'attach'> = (step, users) => {
  const { status, daemon } = users;
  const { book } = users.simulation;
  const chatId = users.chat(step);
  const open = status?.chats.some((chat) => chat.chatId === chatId && chat.status === 'open');
  if (!daemon || !open) return;
  book.attached.add(chatId);
  book.detachedAt.delete(chatId);
  daemon.attach(chatId);
};

/** Chats are tried out in the end, but not when the run is compared with one in which less went wrong. */
export function isTriedOut({ observer, providers }: Simulation): boolean {
  return observer === null && providers.anyDisturbed;
}

/** So often a chat is tried out: the first may find a process that does not answer, and the next one that it is gone. */
const MAX_TRY_OUTS = 10;
/** Not more often: a process that is on its way out may hold the chat's thread for a while. */
const TRY_OUT_MS = 20_000;

/** After the trouble: sends a message to each chat that is ready and has not completed one since. */
export function tryOut(users: Users): void {
  const { simulation, status } = users;
  const { book, scenario } = simulation;
  if (!isTriedOut(simulation)) return;
  for (const [chat] of scenario.chats.entries()) {
    const chatId = users.chat({ chat });
    const view = status?.chats.find((each) => each.chatId === chatId);
    const last = book.tryOuts.get(chatId);
    const waiting =
      last && ((last.answer !== 'refused' && last.ends.length === 0) || simulation.now - last.sentAt < TRY_OUT_MS);
    if (view?.status !== 'open' || !view.readiness.ready || waiting || book.served.has(chatId)) continue;
    if (book.triedOut(chatId) > MAX_TRY_OUTS) continue;
    // Whoever is not connected is not shown what comes of it.
    if (!book.attached.has(chatId)) {
      attach({ at: 0, do: 'attach', chat }, users);
      // It may have got a seat by that.
      simulation.forgetStatus();
    }
    message({ at: 0, do: 'message', chat, prompt: 'hello' }, users);
    book.tryOuts.set(chatId, [...book.messages.values()].at(-1)!);
  }
}

const detach: Act<'detach'> = (step, users) => {
  const { book, now } = users.simulation;
  const chatId = users.chat(step);
  if (!users.daemon || !book.attached.delete(chatId)) return;
  book.detachedAt.set(chatId, now);
  users.daemon.detach(chatId);
};

const close: Act<'close'> = (step, users) => {
  const { book } = users.simulation;
  const chatId = users.chat(step);
  if (!users.daemon) return;
  book.closedByUser.add(chatId);
  book.attached.delete(chatId);
  void users.daemon.close(chatId);
};

export const CHAT_ACTS: Acts<typeof CHAT_STEPS> = {
  message,
  attach,
  detach,
  close,
  answer: (step, users) => users.answerOldest(users.chat(step), step.decision),
  helper: (step, users) => {
    const { daemon, simulation } = users;
    if (!daemon) return;
    const helper = users.next('h');
    simulation.book.helperAsked(helper, simulation.now);
    void daemon.runHelper(users.chat(step), `${helper} helper`).then(() => simulation.book.helperOver(helper));
  },
  interrupt: (step, users) => {
    users.simulation.book.interruptedByUser.add(users.chat(step));
    void users.daemon?.interrupt(users.chat(step));
  },
};
