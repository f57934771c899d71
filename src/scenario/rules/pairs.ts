import { LOGIN } from '../logins.ts';
import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { Broken, Checker, Source } from './checker.ts';
import { expectedCode, workplaceOf } from './readiness-oracle.ts';

/** One pair's trouble is not another's. */
export class OtherPairsStayReady implements Checker {
  readonly rule: Rule = {
    id: 'other-pairs-stay-ready',
    kind: 'safety',
    sentence: 'Whether a chat is ready depends on its own pair alone: what happens to one pair never changes another.',
    source: 'facts/pairs-and-shared-client.md C1 S1; A2 leak 3',
  };
  readonly watches: readonly Source[] = ['status'];

  check({ status }: Simulation): Broken | null {
    if (!status) return null;
    for (const chat of status.chats) {
      const expected = expectedCode(chat, status);
      const seen = chat.readiness.ready ? null : chat.readiness.code;
      if (expected === seen) continue;
      const appServer = chat.status === 'open' ? workplaceOf(chat, status)?.appServer : 'of no concern';
      return {
        subject: `chat ${chat.chatId} on pair ${chat.pairId}`,
        expected: `${expected ?? 'ready'}, because the app-server of its own pair is ${appServer}`,
        seen: seen ?? 'ready',
      };
    }
    return null;
  }
}

/** The state of a pair is the state of its own process. */
export class PairStateIsTrue implements Checker {
  readonly rule: Rule = {
    id: 'pair-state-is-true',
    kind: 'safety',
    sentence:
      'A pair is called down only when its own app-server has ended, its pipes broke, it did not answer, or its login is not the present one.',
    source: 'facts/pairs-and-shared-client.md C1 S1, S9; A2 leak 3',
  };
  readonly watches: readonly Source[] = ['status', 'lives'];
  /** pid of each pair's app-server when it was last live. */
  readonly #lastPid = new Map<string, number>();

  check(simulation: Simulation): Broken | null {
    const { status } = simulation;
    if (!status || status.phase === 'stopping') {
      this.#lastPid.clear();
      return null;
    }
    for (const pair of status.pairs) {
      if (pair.appServerPid !== null) this.#lastPid.set(pair.pairId, pair.appServerPid);
      const pid = this.#lastPid.get(pair.pairId);
      if (pair.appServer === 'live' || pid === undefined) continue;
      const proc = simulation.machine.processes.get(pid);
      if (!proc?.alive || proc.env[LOGIN] !== simulation.logins.of(pair.pairId)) continue;
      // It did not answer, or was not heard: from here that cannot be told from a process that never will.
      if (simulation.providers.isDisturbed(pid)) continue;
      return {
        subject: `pair ${pair.pairId}`,
        expected: `live: its app-server, pid ${pid}, runs and can be talked to`,
        seen: `${pair.appServer} (${pair.reason})`,
      };
    }
    return null;
  }
}

/** A front end that is there keeps its claim; one that went away keeps it for the grace period. */
export class ClaimsAreKept implements Checker {
  readonly rule: Rule = {
    id: 'claims-are-kept',
    kind: 'safety',
    sentence:
      "A chat's claim on its pair's TUI ends only with the TUI, the chat, or 30 s after its front end went away.",
    source: 'facts/pairs-and-shared-client.md C1 S3, S4; A2 leak 2 follow-up (36e9ed5)',
  };
  readonly watches: readonly Source[] = ['status'];
  /** Pair to its slot's token and claimant at the last step. */
  #before = new Map<string, { token: string; claimedBy: string | null }>();

  check(simulation: Simulation): Broken | null {
    const { status, book, now } = simulation;
    const before = this.#before;
    this.#before = new Map();
    for (const { pairId, slot } of status?.pairs ?? []) {
      if (!slot) continue;
      this.#before.set(pairId, slot);
      const had = before.get(pairId);
      if (!had || had.token !== slot.token || had.claimedBy === null || had.claimedBy === slot.claimedBy) continue;
      const chatId = had.claimedBy;
      const open = status?.chats.some((chat) => chat.chatId === chatId && chat.status === 'open');
      if (!open || book.closedByUser.has(chatId)) continue;
      // It asked for another seat and got it.
      if (book.movedAt.get(chatId) === now) continue;
      const detachedAt = book.detachedAt.get(chatId);
      const grace = simulation.config.timers.pairReapMs;
      if (!book.attached.has(chatId) && detachedAt !== undefined && now - detachedAt >= grace) continue;
      const away = detachedAt === undefined ? 'is connected' : `went away ${now - detachedAt} ms ago`;
      return {
        subject: `chat ${chatId} on pair ${pairId}`,
        expected: `it keeps its claim: its front end ${away}`,
        seen: slot.claimedBy === null ? 'the claim is gone' : `${slot.claimedBy} has the claim`,
      };
    }
    return null;
  }
}

/** Peers that went away do not block others for ever. */
export class ClaimsAreReleased implements Checker {
  readonly rule: Rule = {
    id: 'claims-are-released',
    kind: 'liveness',
    sentence: 'A chat whose front end went away gives up its claim after the grace period.',
    source: 'facts/pairs-and-shared-client.md C2 L2; A2 leak 2',
  };

  check({ status, book }: Simulation): Broken | null {
    for (const { pairId, slot } of status?.pairs ?? []) {
      const chatId = slot?.claimedBy;
      if (!chatId || book.attached.has(chatId)) continue;
      return {
        subject: `pair ${pairId}`,
        expected: `free for others: the front end of ${chatId} went away`,
        seen: `claimed by ${chatId} for ever`,
      };
    }
    return null;
  }
}

/** After the trouble, everything serves again. */
export class ChatsBecomeReady implements Checker {
  readonly rule: Rule = {
    id: 'chats-become-ready',
    kind: 'liveness',
    sentence:
      'When faults have ceased, the daemon runs and every open chat becomes ready without anybody doing anything.',
    source: 'facts/pairs-and-shared-client.md C2 L3, L10; facts/sessions-and-locks.md C L2',
  };

  check({ status }: Simulation): Broken | null {
    if (status?.phase !== 'running') {
      return { subject: 'the daemon', expected: 'running', seen: status?.phase ?? 'not running' };
    }
    for (const chat of status.chats) {
      if (chat.status !== 'open' || chat.readiness.ready) continue;
      return { subject: `chat ${chat.chatId}`, expected: 'ready', seen: chat.readiness.reason };
    }
    return null;
  }
}
