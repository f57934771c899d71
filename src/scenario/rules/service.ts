import { hasCaughtUp } from '../daemon-pauses.ts';
import type { Scenario } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import { isTriedOut } from '../steps/chats.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';

/** Every request of claude or codex is answered at once, except those that people decide. */
const ANSWER_MS = 5_000;

/** A provider that is not answered waits for ever. */
class RequestsAreAnswered implements Checker {
  readonly rule: Rule = {
    id: 'requests-are-answered',
    kind: 'safety',
    sentence: 'What a provider asks of the daemon is answered, also when the daemon does not know the question.',
    source: 'facts/pairs-and-shared-client.md B2 (server request, no handler), B3 O17; facts/claude-wire.md 0.12',
  };

  check(simulation: Simulation): Broken | null {
    if (!hasCaughtUp(simulation)) return null;
    for (const { proc, lane, answered } of simulation.questions.takeBefore(simulation.now - ANSWER_MS)) {
      if (answered || !simulation.isWell(proc.pid) || simulation.providers.isDisturbed(proc)) continue;
      return { subject: `${lane}, pid ${proc.pid}`, expected: 'an answer to its request', seen: 'none' };
    }
    return null;
  }
}

/** Nobody's work is done under another login than the one it was meant for. */
class WorkRunsUnderItsLogin implements Checker {
  readonly rule: Rule = {
    id: 'work-runs-under-its-login',
    kind: 'safety',
    sentence: 'A message that was sent after its login had changed is given to an app-server of the new one.',
    source: 'facts/pairs-and-shared-client.md C1 S19 (key fidelity), B1 (token change, different key)',
  };
  readonly watches: readonly Source[] = ['providers'];
  #seen = 0;

  check({ providers, logins, book }: Simulation): Broken | null {
    for (; this.#seen < providers.deliveries.length; this.#seen++) {
      const { server, words } = providers.deliveries[this.#seen]!;
      const login = providers.loginOf(server);
      if (login === null) continue;
      const changedAt = logins.changedAt(login.pairId);
      const [messageId = ''] = words.split(' ');
      const sentAt = book.messages.get(messageId)?.sentAt;
      if (changedAt === null || sentAt === undefined || sentAt <= changedAt) continue;
      const current = logins.of(login.pairId);
      if (login.name === current) continue;
      return { subject: `message ${messageId}`, expected: `given to an app-server of ${current}`, seen: login.name };
    }
    return null;
  }
}

/** After all that, it works again. */
export class ServiceResumes implements Checker {
  readonly rule: Rule = {
    id: 'service-resumes',
    kind: 'liveness',
    sentence:
      'When faults have ceased, a message to any open chat is soon answered again, without anybody doing anything.',
    source: 'facts/pairs-and-shared-client.md C2 L10, L3; B3 O18, O20; A4 B18',
  };

  check(simulation: Simulation): Broken | null {
    if (!isTriedOut(simulation)) return null;
    const { book, status, scenario } = simulation;
    for (const { chatId, status: state, terminal } of status?.chats ?? []) {
      // Without its terminal a chat takes no messages, and that is another matter.
      if (terminal === 'unknown') continue;
      if (state !== 'open' || book.served.has(chatId) || sharesDirectory(chatId, scenario)) continue;
      return { subject: `chat ${chatId}`, expected: 'a new message to it completes', seen: 'none has yet' };
    }
    return null;
  }
}

/** Others may have its directory for as long as they like. */
function sharesDirectory(chatId: string, { chats }: Scenario): boolean {
  return chats.some(({ exclusive }, index) => exclusive !== undefined && `c${index + 1}` === chatId);
}

export function serviceCheckers(): Checker[] {
  return [new RequestsAreAnswered(), new WorkRunsUnderItsLogin()];
}
