import type { Broken } from './rules/checker.ts';
import { expectedCode } from './rules/readiness-oracle.ts';
import { chatName, pairName, type Step } from './scenario.ts';
import type { Simulation } from './simulation.ts';

/** Does what a scenario's users do. Whoever finds the daemon gone simply fails to reach it. */
export class Users {
  readonly #simulation: Simulation;
  /** Tells of refusals whose reason was not true. */
  readonly #untrueRefusal: (broken: Broken) => void;
  #messages = 0;
  #helpers = 0;

  constructor(simulation: Simulation, untrueRefusal: (broken: Broken) => void) {
    this.#simulation = simulation;
    this.#untrueRefusal = untrueRefusal;
  }

  perform(step: Step): void {
    const { scenario, kernel } = this.#simulation;
    const whom = 'chat' in step ? chatName(scenario, step.chat) : 'pair' in step ? pairName(scenario, step.pair) : '';
    kernel.record('user', step.do, whom);
    switch (step.do) {
      case 'message':
        return this.#send(whom, step.prompt);
      case 'answer':
        return this.answerOldest(whom, step.decision);
      case 'helper':
        return void this.#daemon?.runHelper(whom, `h${++this.#helpers} helper`);
      case 'interrupt':
        return void this.#daemon?.interrupt(whom);
      case 'attach':
        return this.#attach(whom);
      case 'detach':
        return this.#detach(whom);
      case 'close':
        return this.#close(whom);
      case 'tui-connect':
        return this.#connectTui(whom);
      case 'tui-disconnect':
        return this.#disconnectTui(whom);
      case 'restart':
        return this.#simulation.restart();
    }
  }

  /** Answers the oldest open approval of a chat, if there is one. */
  answerOldest(chatId: string, decision: 'accept' | 'decline'): void {
    const [approvalId] = this.#simulation.status?.chats.find((chat) => chat.chatId === chatId)?.approvals ?? [];
    if (approvalId !== undefined) this.#daemon?.answer(chatId, approvalId, decision);
  }

  get #daemon() {
    return this.#simulation.daemon;
  }

  #send(chatId: string, prompt: 'hello' | 'story' | 'tool' | 'approve'): void {
    const { book, status, kernel } = this.#simulation;
    const daemon = this.#daemon;
    const chat = status?.chats.find((view) => view.chatId === chatId);
    if (!daemon || !status || !chat) return;
    const expected = expectedCode(chat, status);
    const messageId = `m${++this.#messages}`;
    const message = book.sent(messageId, chatId, prompt);
    void daemon.send(chatId, messageId, `${messageId} ${prompt}`).then((result) => {
      message.answer = result.accepted ? 'accepted' : 'refused';
      kernel.record('user', message.answer, result.accepted ? messageId : `${messageId} ${result.reason}`);
      if (result.accepted) return;
      const named = result.code === 'closed' || result.code === 'stopping' || result.reason.includes(chat.homePairId);
      if (result.code === expected && named) return;
      this.#untrueRefusal({
        subject: `message ${messageId} to chat ${chatId} on pair ${chat.homePairId}`,
        expected: expected === null ? 'accepted' : `refused as '${expected}', naming ${chat.homePairId}`,
        seen: `refused as '${result.code}': ${result.reason}`,
      });
    });
  }

  #attach(chatId: string): void {
    const { book, status } = this.#simulation;
    const open = status?.chats.some((chat) => chat.chatId === chatId && chat.status === 'open');
    if (!this.#daemon || !open) return;
    book.attached.add(chatId);
    book.detachedAt.delete(chatId);
    this.#daemon.attach(chatId);
  }

  #detach(chatId: string): void {
    const { book, now } = this.#simulation;
    if (!this.#daemon || !book.attached.delete(chatId)) return;
    book.detachedAt.set(chatId, now);
    this.#daemon.detach(chatId);
  }

  #close(chatId: string): void {
    const { book } = this.#simulation;
    if (!this.#daemon) return;
    book.closedByUser.add(chatId);
    book.attached.delete(chatId);
    void this.#daemon.close(chatId);
  }

  #connectTui(pairId: string): void {
    const { book, kernel } = this.#simulation;
    const token = book.tuis.get(pairId) ?? `tui-${pairId}-${kernel.now}`;
    if (this.#daemon?.connectTui(pairId, token)) book.tuis.set(pairId, token);
  }

  #disconnectTui(pairId: string): void {
    const { book } = this.#simulation;
    const token = book.tuis.get(pairId);
    if (token === undefined) return;
    book.tuis.delete(pairId);
    this.#daemon?.disconnectTui(pairId, token);
  }
}
