import type { Daemon, DaemonStatus } from '../../core/index.ts';
import type { Broken } from '../rules/checker.ts';
import { chatName, pairName, type Step } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Act } from './act.ts';
import { ACTS } from './catalogue.ts';

/** What is done without the daemon; everything else waits in its sockets while it does not get to run. */
const WITHOUT_DAEMON: ReadonlySet<Step['do']> = new Set([
  'tui-connect',
  'tui-other',
  'tui-disconnect',
  'tui-kill',
  'background',
]);

/** Does what a scenario's users do. */
export class Users {
  readonly simulation: Simulation;
  /** Tells of refusals whose reason was not true. */
  readonly untrueRefusal: (broken: Broken) => void;
  readonly #counts = new Map<string, number>();

  constructor(simulation: Simulation, untrueRefusal: (broken: Broken) => void) {
    this.simulation = simulation;
    this.untrueRefusal = untrueRefusal;
  }

  /** Null while no daemon can be reached. */
  get daemon(): Daemon | null {
    return this.simulation.daemon;
  }

  get status(): DaemonStatus | null {
    return this.simulation.status;
  }

  perform(step: Step): void {
    const { kernel, incarnation } = this.simulation;
    const whom = 'chat' in step ? this.chat(step) : 'pair' in step ? this.pair(step) : '';
    kernel.record('user', step.do, whom);
    if (WITHOUT_DAEMON.has(step.do) || !incarnation) this.#act(step);
    else incarnation.reach(() => this.#act(step));
  }

  #act(step: Step): void {
    const act = ACTS[step.do] as Act<typeof step.do>;
    act(step as never, this);
    this.simulation.forgetStatus();
  }

  /** `m1`, `m2`, … for each prefix. */
  next(prefix: string): string {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return `${prefix}${count}`;
  }

  chat(step: { readonly chat: number }): string {
    return chatName(this.simulation.scenario, step.chat);
  }

  pair(step: { readonly pair: number }): string {
    return pairName(this.simulation.scenario, step.pair);
  }

  /** Answers the oldest open approval of a chat, if there is one. */
  answerOldest(chatId: string, decision: 'accept' | 'decline'): void {
    const [approvalId] = this.status?.chats.find((chat) => chat.chatId === chatId)?.approvals ?? [];
    if (approvalId !== undefined) this.daemon?.answer(chatId, approvalId, decision);
  }
}
