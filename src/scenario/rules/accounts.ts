import type { RefreshQuestion } from '../accounts.ts';
import { frozenMs } from '../daemon-pauses.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** After so many ms codex gives up. */
const PATIENCE_MS = 10_000;
/** How long a second answer is watched for. */
const WATCHED_MS = 30_000;

/** Without an answer a turn fails that need not, and too late is as good as never. */
class RefreshesAreAnswered implements Checker {
  readonly rule: Rule = {
    id: 'refreshes-are-answered',
    kind: 'safety',
    sentence:
      'When codex asks for new tokens it gets one answer before it gives up, and the tokens when there are new ones.',
    source: 'facts/pairs-and-shared-client.md B1 (auth), C1 S10, D (refresh too slow); B3 O24 (#142628)',
  };
  /** Questions that are not looked at any more. */
  #done = 0;

  check(simulation: Simulation): Broken | null {
    const { questions } = simulation.logins.accounts;
    while (questions[this.#done] && simulation.now - questions[this.#done]!.askedAt > WATCHED_MS) this.#done++;
    for (let index = this.#done; index < questions.length; index++) {
      const broken = judge(questions[index]!, simulation);
      if (broken) return broken;
    }
    return null;
  }
}

function judge(question: RefreshQuestion, simulation: Simulation): Broken | null {
  const { proc, lane, askedAt, answers, withheld } = question;
  const subject = `${lane}, pid ${proc.pid}, which asks for new tokens`;
  if (withheld) return { subject, expected: 'the new tokens: they have just come', seen: 'it was refused' };
  if (answers.length > 1) return { subject, expected: 'one answer', seen: `${answers.length} of them` };
  const [answeredAt] = answers;
  // A daemon that does not get to run cannot answer.
  const ranMs = (answeredAt ?? simulation.now) - askedAt - (frozenMs(simulation) - question.frozenMs);
  const inTime = ranMs < PATIENCE_MS;
  // Who cannot be heard or talked to, or is gone, is not answered.
  const { faults } = simulation.providers;
  if (inTime || !proc.alive || faults.disturbed.has(proc) || !simulation.isWell(proc.pid)) return null;
  const seen = answeredAt === undefined ? 'none so far' : `one after ${answeredAt - askedAt} ms`;
  return { subject, expected: `an answer within ${PATIENCE_MS} ms`, seen };
}

/** Two requests with one refresh token: the second is taken for theft, and ends the login. */
class RefreshTokensAreUsedOnce implements Checker {
  readonly rule: Rule = {
    id: 'refresh-tokens-are-used-once',
    kind: 'safety',
    sentence: 'While a request for new tokens of an account is under way, nobody makes another.',
    source: 'facts/pairs-and-shared-client.md B3 O24 (#142628), B2 (refresh_token_reused), C1 S7',
  };
  readonly watches: readonly Source[] = ['daemon'];

  check({ logins: { accounts } }: Simulation): Broken | null {
    const [accountId] = accounts.usedTwice;
    if (accountId === undefined) return null;
    const seen = 'a second one with the same refresh token';
    return { subject: `account ${accountId}`, expected: 'one request for new tokens at a time', seen };
  }
}

class WorkRunsUnderItsAccount implements Checker {
  readonly rule: Rule = {
    id: 'work-runs-under-its-account',
    kind: 'safety',
    sentence: 'An app-server talks to the model under the account of its pair, whatever tokens it is given.',
    source: 'facts/pairs-and-shared-client.md C1 S19 (key fidelity)',
  };

  check({ logins: { accounts } }: Simulation): Broken | null {
    const [stray] = accounts.strayed;
    return stray ? { subject: stray.lane, expected: `requests as ${stray.expected}`, seen: `as ${stray.seen}` } : null;
  }
}

export const accountCheckers = (): Checker[] => [
  new RefreshesAreAnswered(),
  new RefreshTokensAreUsedOnce(),
  new WorkRunsUnderItsAccount(),
];
