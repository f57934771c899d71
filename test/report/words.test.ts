import { describe, expect, it } from 'vitest';
import { scenarioWords, wholeSentence } from '../../src/report/words.ts';
import type { Fault, Scenario, Step } from '../../src/scenario/scenario.ts';

const EMPTY: Scenario = {
  format: 1,
  pairs: 2,
  chats: [
    { provider: 'codex', pair: 0 },
    { provider: 'claude', pair: 5 },
  ],
  coTenant: false,
  steps: [],
  faults: [],
  choices: [],
};
const DELAYS = [0, 1, 7, 60, 800];

function spoken(change: Partial<Scenario>): string[] {
  return scenarioWords({ ...EMPTY, ...change }, DELAYS).sentences.map(wholeSentence);
}

describe('scenarioWords', () => {
  it('says what there is; indices wrap as in a run', () => {
    expect(scenarioWords(EMPTY, DELAYS).setup).toBe(
      '2 pairs (p1, p2); c1 is a codex chat on p1, c2 is a claude chat on p2.',
    );
    expect(scenarioWords({ ...EMPTY, coTenant: true }, DELAYS).setup).toContain("Somebody else's session");
  });

  it('has a sentence for every step', () => {
    const steps: Step[] = [
      { at: 0, do: 'message', chat: 0, prompt: 'hello' },
      { at: 1, do: 'message', chat: 1, prompt: 'story' },
      { at: 2, do: 'message', chat: 2, prompt: 'tool' },
      { at: 3, do: 'message', chat: 3, prompt: 'approve' },
      { at: 4, do: 'answer', chat: 1, decision: 'accept' },
      { at: 5, do: 'answer', chat: 1, decision: 'decline' },
      { at: 6, do: 'interrupt', chat: 0 },
      { at: 7, do: 'attach', chat: 0 },
      { at: 8, do: 'detach', chat: 1 },
      { at: 9, do: 'close', chat: 0 },
      { at: 1_000, do: 'helper', chat: 0 },
      { at: 1_200, do: 'tui-connect', pair: 0 },
      { at: 1_250, do: 'tui-disconnect', pair: 3 },
      { at: 65_001, do: 'restart' },
    ];
    expect(spoken({ steps })).toMatchInlineSnapshot(`
      [
        "at 0 ms c1's user sends a message that gets a short answer",
        "at 1 ms c2's user sends a message that gets a slow answer",
        "at 2 ms c1's user sends a message that makes the agent run a tool",
        "at 3 ms c2's user sends a message that makes the agent ask for approval of a tool",
        "at 4 ms c2's user accepts its oldest open approval",
        "at 5 ms c2's user declines its oldest open approval",
        "at 6 ms c1's user interrupts the running turn",
        "at 7 ms a front end connects to c1",
        "at 8 ms c2's front end goes away",
        "at 9 ms c1's user closes the chat",
        "at 1 s c1 asks for a helper on its pair's app-server",
        "at 1.2 s a Codex TUI connects to p1",
        "at 1.25 s the Codex TUI of p2 goes away",
        "at 65.001 s the daemon is stopped in good order and started again",
      ]
    `);
  });

  it('has a sentence for every fault', () => {
    const faults: Fault[] = [
      { at: 1_200, kind: 'tmux-stall', forMs: 6_000 },
      { at: 1_201, kind: 'tmux-kill' },
      { at: 1_202, kind: 'tmux-broken', how: 'ENOENT', forMs: 200 },
      { at: 1_203, kind: 'tmux-broken', how: 'EACCES', forMs: 2_000 },
      { at: 1_204, kind: 'tmux-broken', how: '127', forMs: 40_000 },
      { at: 1_205, kind: 'app-server-exit', how: 'exit', pair: 0 },
      { at: 1_206, kind: 'app-server-exit', how: 'SIGKILL', pair: 1 },
      { at: 1_207, kind: 'transport-cut', pair: 1 },
      { at: 1_208, kind: 'claude-kill', chat: 1 },
      { at: 1_209, kind: 'model-error', status: 401, who: 'helpers', when: 'start', forMs: 4_000 },
      { at: 1_210, kind: 'model-error', status: 500, who: 'all', when: 'mid-turn', forMs: 4_000 },
      { at: 1_211, kind: 'daemon-crash', downMs: 50 },
      { at: 0, kind: 'daemon-crash-at-write', write: 3, downMs: 1 },
    ];
    expect(spoken({ faults })).toMatchInlineSnapshot(`
      [
        "at 1.2 s the tmux server stops answering for 6 s",
        "at 1.201 s the tmux server is killed, and its panes with it",
        "at 1.202 s the tmux command is missing from PATH (ENOENT) for 200 ms",
        "at 1.203 s the tmux command is not executable (EACCES) for 2 s",
        "at 1.204 s the tmux command is a shell wrapper that cannot find it (exit code 127) for 40 s",
        "at 1.205 s the app-server of p1 ends by itself with exit code 1",
        "at 1.206 s the app-server of p2 is killed (SIGKILL)",
        "at 1.207 s the daemon's pipe to the app-server of p2 breaks (EPIPE) while it runs on",
        "at 1.208 s the claude process of c2 is killed (SIGKILL)",
        "at 1.209 s the model API answers 401 to helpers at a turn's first request, for 4 s",
        "at 1.21 s the model API answers 500 to everyone at the later requests of a turn, for 4 s",
        "at 1.211 s the daemon is killed, and started again 50 ms later",
        "right after its 3rd durable write the daemon is killed, and started again 1 ms later",
      ]
    `);
  });

  it('puts faults before steps of the same instant, and what has no time last', () => {
    expect(
      spoken({
        steps: [{ at: 50, do: 'restart' }],
        faults: [
          { at: 0, kind: 'daemon-crash-at-write', write: 12, downMs: 3_000 },
          { at: 50, kind: 'tmux-kill' },
        ],
        choices: [
          ['pick', 0, 1],
          ['delay', 21, 8],
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        "at 50 ms the tmux server is killed, and its panes with it",
        "at 50 ms the daemon is stopped in good order and started again",
        "right after its 12th durable write the daemon is killed, and started again 3 s later",
        "the 1st time that several things are due at once, the one 1 place further back (counting round) goes first",
        "the 22nd latency is 60 ms longer than usual",
      ]
    `);
  });
});
