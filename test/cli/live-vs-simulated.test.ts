import { expect, it } from 'vitest';
import { findRequirements } from '../../src/cli/live/requirements.ts';
import { LIVE_SCENARIO, runLiveScenario } from '../../src/cli/live/scenario.ts';
import * as core from '../../src/core/index.ts';
import { inMacrotask } from '../../src/kernel/drain.ts';
import { runScenario } from '../../src/scenario/run.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { type Channels, type Places, portRecorder } from './recorded-ports.ts';

const needed = await findRequirements();
const skipped = needed.kind === 'missing' ? ` (skipped: ${needed.reasons.join('; ')})` : '';

const SIMULATED: Places = [
  [/\/home\/dev\/workspace/g, 'WORKSPACE'],
  [/-home-dev-workspace/g, 'PROJECT'],
  [/\/tmp\/tmux-1000\/reprise\b/g, 'SOCKET'],
  [/\/home\/dev\/\.codex\/sessions\/.*?\.jsonl/g, 'ROLLOUT'],
  [/\/home\/dev|\/tmp\/cc-socks\/\d+\.sock/g, 'HOME'],
  [/"worker",/g, ''],
  [/reprise-1/g, 'OWNER'],
];
const REAL: Places = [
  [/"sh","-c","exec tail.*?","[^"]*\/chats",/g, ''],
  [/[\w/.-]*\/reprise-live-\w+\/workspace/g, 'WORKSPACE'],
  [/[\w/.-]*\/reprise-live-\w+\/tmux\/tmux-\d+\/reprise-live\b/g, 'SOCKET'],
  [/[\w/.-]*\/reprise-live-\w+\/claude\/tmp\/cc-socks\/\d+\.sock/g, 'HOME'],
  [/[\w/.-]*\/reprise-live-\w+\/codex\/home\/\.codex\/sessions\/.*?\.jsonl/g, 'ROLLOUT'],
  [/[\w/.-]*\/reprise-live-\w+\/\w+\/home/g, 'HOME'],
  [/reprise-live/g, 'OWNER'],
];

/** What the small scenario leaves out, as far as it has one outcome. */
const CONVERSATIONS: Scenario = {
  ...LIVE_SCENARIO,
  steps: [
    { at: 0, do: 'tui-connect', pair: 0 },
    { at: 1_000, do: 'attach', chat: 0 },
    { at: 1_400, do: 'attach', chat: 1 },
    { at: 1_700, do: 'attach', chat: 2 },
    { at: 2_000, do: 'message', chat: 0, prompt: 'story' },
    { at: 6_000, do: 'message', chat: 0, prompt: 'tool' },
    { at: 8_000, do: 'tui-disconnect', pair: 0 },
    { at: 9_000, do: 'message', chat: 0, prompt: 'hello' },
    { at: 10_500, do: 'detach', chat: 0 },
    { at: 11_000, do: 'message', chat: 1, prompt: 'approve' },
    { at: 13_000, do: 'answer', chat: 1, decision: 'accept' },
    { at: 15_000, do: 'message', chat: 2, prompt: 'approve' },
    { at: 18_000, do: 'answer', chat: 2, decision: 'decline' },
    { at: 21_000, do: 'message', chat: 1, prompt: 'approve' },
    { at: 23_000, do: 'answer', chat: 1, decision: 'decline' },
    { at: 25_000, do: 'restart' },
    { at: 28_000, do: 'attach', chat: 1 },
    { at: 28_500, do: 'attach', chat: 2 },
    { at: 29_000, do: 'message', chat: 2, prompt: 'hello' },
    { at: 32_000, do: 'message', chat: 1, prompt: 'hello' },
    { at: 34_000, do: 'close', chat: 2 },
  ],
};

async function simulated(scenario: Scenario): Promise<Channels> {
  const channels: Channels = new Map();
  const recorder = portRecorder(channels, SIMULATED);
  const start: typeof core.Daemon.start = (ports, config) => core.Daemon.start(recorder(ports), config);
  const Daemon = { start } as typeof core.Daemon;
  const result = await inMacrotask(() => runScenario(scenario, { core: { ...core, Daemon } }));
  expect(result.violation).toBeNull();
  return channels;
}

async function real(scenario: Scenario): Promise<Channels> {
  if (needed.kind === 'missing') throw new Error(needed.reasons.join('; '));
  const channels: Channels = new Map();
  await runLiveScenario(needed.tools, { scenario, between: portRecorder(channels, REAL) });
  return channels;
}

/**
 * The simulated daemon lives on after the last step and looks at its terminals; the real one is shut down. A real program
 * that has not yet ended when its terminal is looked for is signalled.
 */
const AFTER_THE_END =
  /^\[\["list-panes"|^terminal\.probe |^worker\.signalled |^codex\.ended |^client\.retired .*"the daemon is shutting down"/;

it.skipIf(needed.kind === 'missing').each([
  ['the small scenario', LIVE_SCENARIO],
  ['conversations', CONVERSATIONS],
])(`the core sees the same on the simulated machine and on this one: %s${skipped}`, async (_name, scenario) => {
  const expected = await simulated(scenario);
  const seen = await real(scenario);
  expect([...seen.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [channel, fake] of expected) {
    const lines = seen.get(channel)!;
    const length = Math.min(fake.length, lines.length);
    expect({ channel, lines: lines.slice(0, length) }).toEqual({ channel, lines: fake.slice(0, length) });
    const spare = [...fake.slice(length), ...lines.slice(length)].filter((line) => !AFTER_THE_END.test(line));
    expect({ channel, spare }).toEqual({ channel, spare: [] });
  }
});

it('a scenario with faults is not run on the real machine', async () => {
  const tools = {
    tmux: { file: '', version: '' },
    codex: { file: '', version: '' },
    claude: { file: '', version: '' },
  };
  const scenario = { ...LIVE_SCENARIO, faults: [{ at: 0, kind: 'tmux-kill' as const }] };
  await expect(runLiveScenario(tools, { scenario })).rejects.toThrow(RangeError);
});
