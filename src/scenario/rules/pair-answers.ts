import type { AttachResult, DaemonStatus, DestroyResult, EnsureResult, PairStatus } from '../../core/index.ts';
import type { Simulation } from '../simulation.ts';
import type { Users } from '../steps/users.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** What was asked of the daemon, and how things were then. */
type Question =
  | { readonly asked: 'claim'; readonly chatId: string; readonly pairId: string; readonly before: DaemonStatus }
  | { readonly asked: 'ensure'; readonly pairId: string; readonly before: DaemonStatus }
  | { readonly asked: 'destroy'; readonly pairId: string; readonly force: boolean; readonly before: DaemonStatus };

type Answer = AttachResult | EnsureResult | DestroyResult;

export function pairOf(status: DaemonStatus | null, pairId: string): PairStatus | undefined {
  return status?.pairs.find((pair) => pair.pairId === pairId);
}

/** Requests about pairs are answered with what is so. Judged when the answer comes; see {@link judgeAnswer}. */
export class PairAnswersAreTrue implements Checker {
  readonly rule: Rule = {
    id: 'pair-answers-are-true',
    kind: 'safety',
    sentence: 'Whoever asks for a pair or a seat gets it, or the true reason why not; a refusal changes nothing.',
    source: 'facts/pairs-and-shared-client.md A1 (codes), A2 R1, R5, A3 M04, M07, M11, C1 S2; A4 B31, B37',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ untrueAnswers }: Simulation): Broken | null {
    return untrueAnswers[0] ?? null;
  }
}

/** Compares an answer with the truth; notes it when it is none. */
export function judgeAnswer(users: Users, question: Question, answer: Answer): void {
  const { simulation } = users;
  // The daemon may have been stopped, or another one asked, since.
  if (!users.status || users.status.phase === 'stopping' || question.before.phase === 'stopping') return;
  const lie = lieIn(question, answer, users.status, simulation);
  if (lie === null) return;
  const who = question.asked === 'claim' ? `${question.chatId} asking for the seat` : `a request to ${question.asked}`;
  const seen = answer.ok ? 'ok' : `${answer.code}: ${answer.message}`;
  simulation.untrueAnswers.push({ subject: `${who} of pair ${question.pairId}`, expected: lie, seen });
}

/** What should have been answered; null when the answer may be true. */
function lieIn(question: Question, answer: Answer, now: DaemonStatus, simulation: Simulation): string | null {
  switch (question.asked) {
    case 'claim':
      return claimLie(question.chatId, question.pairId, question.before, answer, now);
    case 'ensure':
      return ensureLie(question.pairId, question.before, answer as EnsureResult, now, simulation);
    case 'destroy':
      return destroyLie(question.pairId, question.force, question.before, answer, now, simulation);
  }
}

function claimLie(
  chatId: string,
  pairId: string,
  before: DaemonStatus,
  answer: Answer,
  now: DaemonStatus,
): string | null {
  const chat = before.chats.find((each) => each.chatId === chatId);
  const pair = pairOf(before, pairId);
  const expected = expectedClaim(chat, pair, chatId);
  if (expected !== (answer.ok ? null : answer.code)) return expected ?? 'the seat: it is free';
  const after = now.chats.find((each) => each.chatId === chatId);
  if (answer.ok && (after?.pairId !== pairId || !after.paired)) return `it works at the TUI of ${pairId} then`;
  if (!answer.ok && after && (after.pairId !== chat?.pairId || after.paired !== chat?.paired)) return 'nothing changes';
  return null;
}

function expectedClaim(
  chat: DaemonStatus['chats'][number] | undefined,
  pair: PairStatus | undefined,
  chatId: string,
): string | null {
  if (chat?.status !== 'open') return 'CHAT_NOT_FOUND';
  if (chat.provider !== 'codex') return 'CHAT_TAKES_NO_SEAT';
  if (!pair) return 'PAIR_NOT_FOUND';
  if (!pair.slot) return 'PAIR_HAS_NO_TUI';
  return pair.slot.claimedBy === null || pair.slot.claimedBy === chatId ? null : 'PAIR_BUSY';
}

function ensureLie(
  pairId: string,
  before: DaemonStatus,
  answer: EnsureResult,
  now: DaemonStatus,
  { incarnation, book, isWell }: Simulation,
): string | null {
  const had = pairOf(before, pairId);
  const has = pairOf(now, pairId);
  if (answer.ok) {
    // Others may have destroyed it again since.
    if (!has && book.asking(pairId) === 0) return 'there is such a pair then';
    return had && answer.port !== had.port ? `the port that it had, ${had.port}` : null;
  }
  if (answer.code === 'PAIR_PORTS_BUSY') {
    if (answer.conflictPid === incarnation?.proc.pid) return 'a port that the daemon itself holds is not foreign';
    return had ? 'ok: the pair ran already, on its own port' : null;
  }
  const running = had?.appServerPid != null && has?.appServerPid === had.appServerPid && isWell(had.appServerPid);
  return running ? 'ok: the pair runs' : null;
}

function destroyLie(
  pairId: string,
  force: boolean,
  before: DaemonStatus,
  answer: Answer,
  now: DaemonStatus,
  { book }: Simulation,
): string | null {
  const has = pairOf(now, pairId);
  // Answers to several requests about one pair depend on their order.
  if (book.asking(pairId) > 0) return null;
  if (answer.ok) {
    if (has) return 'the pair is gone then';
    const stranded = now.chats.find(
      (chat) => chat.homePairId === pairId && chat.status !== 'closed' && chat.status !== 'ended',
    );
    return stranded ? `chat ${stranded.chatId} lives on another pair then` : null;
  }
  if (answer.code === 'PAIR_NOT_FOUND') return pairOf(before, pairId) && has ? 'there is such a pair' : null;
  if (answer.code === 'PAIR_BUSY_NOT_FORCED') {
    if (force) return 'gone: it was forced';
    if (!has) return 'the pair is there still';
    const busy = before.chats.some((chat) => chat.pairId === pairId && (chat.paired || chat.busy));
    return busy ? null : 'gone: nobody worked on it';
  }
  if (answer.code === 'PAIR_STILL_NEEDED') {
    return before.pairs.length > 1 && now.pairs.length > 1 ? 'gone: another pair can take its chats' : null;
  }
  return null;
}
