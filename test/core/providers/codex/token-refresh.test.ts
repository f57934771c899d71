import { describe, expect, it } from 'vitest';
import type { RefreshResult } from '../../../../src/core/ports.ts';
import { REFRESH_DEADLINE_MS, TokenRefresher } from '../../../../src/core/providers/codex/token-refresh.ts';
import { value } from '../../../world/codex/simulated.ts';
import { SteppedClock, settled } from '../../stepped-clock.ts';
import { startClient, withPuppet } from './puppet.ts';

const REFRESH = { method: 'account/chatgptAuthTokens/refresh', params: { reason: 'unauthorized' } };

/** An authority that answers when the test says so, and a clock. */
function setUp() {
  const clock = new SteppedClock();
  const asked: { readonly accountId: string; readonly answer: (result: RefreshResult) => void }[] = [];
  const refresher = new TokenRefresher(
    { clock },
    (accountId) => new Promise((answer) => void asked.push({ accountId, answer })),
  );
  const results: RefreshResult[] = [];
  const refresh = (accountId = 'dev') => {
    void refresher.refresh(accountId).then((result) => results.push(result));
  };
  return { clock, asked, results, refresh };
}

function fresh(number: number, account = 'acct'): RefreshResult {
  const tokens = { accessToken: `token ${number}`, chatgptAccountId: account, chatgptPlanType: 'pro' };
  return { kind: 'fresh', tokens };
}

describe('refreshing tokens', () => {
  it('gives everybody who waits the answer to one request', async () => {
    const { asked, results, refresh } = setUp();
    refresh();
    refresh();
    expect(asked).toHaveLength(1);
    asked[0]!.answer(fresh(1));
    await settled();
    expect(results).toEqual([fresh(1), fresh(1)]);
  });

  it('asks for each account', () => {
    const { asked, refresh } = setUp();
    refresh('one');
    refresh('other');
    expect(asked.map(({ accountId }) => accountId)).toEqual(['one', 'other']);
  });

  it('asks again when there was an answer, whatever it was', async () => {
    const { asked, refresh } = setUp();
    refresh();
    asked[0]!.answer({ kind: 'refused', permanent: false, reason: 'try later' });
    await settled();
    refresh();
    expect(asked).toHaveLength(2);
  });

  it('answers before codex gives up after 10 s, each in its own time', async () => {
    const { clock, asked, results, refresh } = setUp();
    refresh();
    await clock.advance(5_000);
    refresh();
    await clock.advance(REFRESH_DEADLINE_MS - 5_000 - 1);
    expect(results).toEqual([]);
    await clock.advance(1);
    expect(REFRESH_DEADLINE_MS).toBeLessThan(10_000);
    expect(results).toEqual([{ kind: 'refused', permanent: false, reason: expect.stringContaining('9000 ms') }]);
    // The second one gets what comes late for the first.
    asked[0]!.answer(fresh(1));
    await settled();
    expect(results[1]).toEqual(fresh(1));
    expect(asked).toHaveLength(1);
    expect(clock.waiting).toEqual([]);
  });

  it('joins a request that is still under way after its asker was refused: its refresh token is spent', async () => {
    const { clock, asked, results, refresh } = setUp();
    refresh();
    await clock.advance(REFRESH_DEADLINE_MS);
    refresh();
    expect(asked).toHaveLength(1);
    asked[0]!.answer(fresh(1));
    await settled();
    expect(results).toEqual([expect.objectContaining({ kind: 'refused' }), fresh(1)]);
  });
});

describe('a client whose server asks for new tokens', () => {
  const tokens = { accessToken: 'old', chatgptAccountId: 'acct', chatgptPlanType: 'pro' };

  function asking(result: RefreshResult, check: (answer: unknown, suspect: string[]) => void): Promise<void> {
    return withPuppet(async (puppet, world) => {
      puppet.answers.set('account/login/start', { type: 'chatgptAuthTokens' });
      const client = await startClient(world, { account: { tokens, refresh: async () => result } });
      const suspect: string[] = [];
      client.onSuspect((reason) => suspect.push(reason));
      puppet.send({ id: 0, ...REFRESH });
      await world.sleep(5);
      check(puppet.answerTo(0), suspect);
      // It serves on: whoever uses it must not suffer.
      expect(value(await client.startThread({ cwd: '/w' }))).toBe('T1');
    });
  }

  it('logs in with its tokens and hands over new ones', () =>
    asking(fresh(2), (answer, suspect) => {
      expect(answer).toEqual({
        id: 0,
        result: { accessToken: 'token 2', chatgptAccountId: 'acct', chatgptPlanType: 'pro' },
      });
      expect(suspect).toEqual([]);
    }));

  it.each([
    ['cannot be had now', { kind: 'refused', permanent: false, reason: 'try later' }, -32_603],
    ['need a login', { kind: 'refused', permanent: true, reason: 'revoked' }, -32_090],
    ['are of another account', fresh(2, 'acct-other'), -32_090],
  ] as const)('says so when they %s, and is not used for anything new', (_, result, code) =>
    asking(result, (answer, suspect) => {
      expect(answer).toMatchObject({ id: 0, error: { code } });
      expect(suspect).toHaveLength(1);
    }),
  );
});
