import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { SMALL, sizedScenarios } from '../../../src/cli/bench/sized-scenarios.ts';
import { startSleepers } from '../../../src/cli/bench/sleepers.ts';

function bench(...args: string[]) {
  const command = ['--import', 'tsx', 'src/cli/bench/main.ts', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

describe('npm run bench', () => {
  it('measures a row, each mechanism in a process of its own, and prints JSON', () => {
    const { status, stdout, stderr } = bench('--json', '--rounds', '1', 'long-line');
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      node: process.version,
      rows: { 'long-line': { rounds: 1, unit: ['line', 'lines'] } },
    });
    const [baseline, other] = result.rows['long-line'].mechanisms;
    expect(baseline.ratio.median).toBe(1);
    expect(other.perSecond.median).toBeGreaterThan(0);
  });

  it.each([
    [['nosuch'], /no benchmark 'nosuch': there are .*kernel/],
    [['--rounds', '0'], /--rounds 0: expected a whole number above 0/],
    [['--fast'], /--fast/],
  ])('refuses %j with exit code 2', (args, complaint) => {
    const { status, stdout, stderr } = bench(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(complaint);
    expect(stderr).toMatch(/usage: npm run bench/);
  });
});

describe('the sized scenarios', () => {
  it('have exactly the size that is asked for, and are the same every time', () => {
    const scenarios = sizedScenarios(SMALL, 20);
    for (const { pairs, chats, steps, faults } of scenarios) {
      expect([pairs, chats.length, steps.length, faults.length]).toEqual([2, 3, 10, 3]);
      expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((a, b) => a - b));
    }
    expect(sizedScenarios(SMALL, 20)).toEqual(scenarios);
  });
});

describe('the sleepers', () => {
  it('give another hash when they are woken in another order', async () => {
    const woken = async (reversed: boolean) => {
      const waiting: (() => void)[] = [];
      const sleep = () => new Promise<void>((resolve) => void waiting.push(resolve));
      const finished = startSleepers({ tasks: 3, sleeps: 4 }, { now: () => 7, sleep, woke() {} });
      while (waiting.length > 0) {
        const batch = waiting.splice(0);
        for (const wake of reversed ? batch.reverse() : batch) wake();
        for (let hop = 0; hop < 10; hop++) await null;
      }
      return finished();
    };
    expect(await woken(false)).toBe(await woken(false));
    expect(await woken(false)).not.toBe(await woken(true));
  });
});
