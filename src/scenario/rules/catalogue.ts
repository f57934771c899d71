import type { Rule } from '../verdict.ts';
import { accountCheckers } from './accounts.ts';
import type { Checker } from './checker.ts';
import { hostCheckers } from './host.ts';
import { lockCheckers } from './locks.ts';
import { MessagesAreAnswered, MessagesReachProvidersOnce, TerminalStatusOnce } from './messages.ts';
import { PairAnswersAreTrue } from './pair-answers.ts';
import { ChatsBecomeReady, ClaimsAreKept, ClaimsAreReleased, OtherPairsStayReady, PairStateIsTrue } from './pairs.ts';
import { portCheckers } from './ports.ts';
import {
  NoOrphans,
  NoProcessOutlivesItsDaemon,
  NothingIsThrownAway,
  OneAppServerForAPair,
  OneInitialize,
  ReplacedClientsEnd,
  SharedClientsStayConnected,
} from './providers.ts';
import { roomCheckers } from './room.ts';
import { seatCheckers } from './seats.ts';
import { ServiceResumes, serviceCheckers } from './service.ts';
import { terminalCheckers } from './terminals.ts';
import { tuiCheckers } from './tuis.ts';
import { turnCheckers } from './turns.ts';
import { workerCheckers } from './workers.ts';

/** One checker for each rule, in the order in which they are asked. */
export function allCheckers(): Checker[] {
  return [
    ...terminalCheckers(),
    ...workerCheckers(),
    ...roomCheckers(),
    new OtherPairsStayReady(),
    new PairStateIsTrue(),
    new ClaimsAreKept(),
    ...tuiCheckers(),
    ...portCheckers(),
    ...lockCheckers(),
    ...hostCheckers(),
    ...seatCheckers(),
    new PairAnswersAreTrue(),
    ...turnCheckers(),
    ...serviceCheckers(),
    ...accountCheckers(),
    new SharedClientsStayConnected(),
    new OneInitialize(),
    new OneAppServerForAPair(),
    new NoProcessOutlivesItsDaemon(),
    new TerminalStatusOnce(),
    new MessagesReachProvidersOnce(),
    new NothingIsThrownAway(),
    new ChatsBecomeReady(),
    new MessagesAreAnswered(),
    new ClaimsAreReleased(),
    new NoOrphans(),
    new ReplacedClientsEnd(),
    new ServiceResumes(),
  ];
}

/** Refusals are checked where they happen; see `users.ts`. */
export const REFUSALS_ARE_TRUE: Rule = {
  id: 'refusals-are-true',
  kind: 'safety',
  sentence: "When a message is refused, the reason is the state of the chat's own pair, and names it.",
  source: 'facts/pairs-and-shared-client.md A2 leak 1, C1 S2',
};
