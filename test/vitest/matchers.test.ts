import { describe, expect, it } from 'vitest';
import '../../src/vitest/index.ts';
import { loadCanaries, withCanaryCore } from '../../src/explore/canaries.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

const STALLED: Scenario = {
  format: 1,
  pairs: 1,
  chats: [{ provider: 'codex', pair: 0 }],
  coTenant: false,
  steps: [
    { at: 0, do: 'attach', chat: 0 },
    { at: 3_000, do: 'restart' },
  ],
  faults: [{ at: 3_050, kind: 'tmux-stall', forMs: 12_000 }],
  choices: [],
};

describe('matchers for scenarios', () => {
  it('pass for a scenario that keeps every rule, and say so when that is not expected', async () => {
    await expect(STALLED).toKeepEveryRule();
    await expect(expect(STALLED).not.toKeepEveryRule()).rejects.toThrow('breaks no rule, but was expected to');
    await expect(expect(STALLED).toBreakRule('one-initialize')).rejects.toThrow(
      'was expected to break one-initialize, but breaks no rule',
    );
  });

  it('fail with the whole report for a core with a known bug', async () => {
    const canary = (await loadCanaries()).find(({ id }) => id === 'timeout-with-status-0-is-missing')!;
    await withCanaryCore(canary, async (core) => {
      await expect(STALLED).toBreakRule('live-sessions-are-kept', { core });
      const failing = expect(STALLED).toKeepEveryRule({ core });
      await expect(failing).rejects.toThrow(
        /A safety rule is broken: live-sessions-are-kept[\s\S]*Expected[\s\S]*Seen/,
      );
      await expect(expect(STALLED).toBreakRule('one-initialize', { core })).rejects.toThrow(
        'was expected to break one-initialize:\nA safety rule is broken: live-sessions-are-kept',
      );
    });
  });
});
