import type { Seen, Stage } from '../../src/cli/fixtures/fixture.ts';
import { ClaudeClient } from '../../src/core/providers/claude/index.ts';
import type { Turn, TurnEvent } from '../../src/core/providers/types.ts';

type Ended = Extract<TurnEvent, { readonly type: 'ended' }>;
/** What a drive does when it sees an event of its turn; the turn is there from the second event on. */
type Reaction = (event: TurnEvent, turn: () => Promise<Turn>) => void;

export const FIRST = 'claude:1';
export const SECOND = 'claude:2';

export async function start(stage: Stage, lane: string, resume?: string): Promise<ClaudeClient> {
  const command = { ...stage.command, env: stage.command.env ?? {} };
  const started = await ClaudeClient.start(stage.ports, { command, lane, ...(resume ? { resume } : {}) });
  if (!started.ok) throw new Error(`claude did not start: ${started.failure.message}`);
  return started.value;
}

/** Has one turn. Resolves when it has ended and claude is idle again; throws when claude does not take the message. */
export async function say(client: ClaudeClient, words: string, react: Reaction = () => {}): Promise<Ended> {
  let give: (turn: Turn) => void = () => {};
  const turn = new Promise<Turn>((resolve) => {
    give = resolve;
  });
  const ended = await new Promise<Ended>((resolve, reject) => {
    const accepted = client.startTurn(words, (event) => {
      react(event, () => turn);
      if (event.type === 'ended') resolve(event);
    });
    void accepted.then((outcome) => {
      if (outcome.ok) give(outcome.value);
      else reject(new Error(`claude did not take ${JSON.stringify(words)}: ${outcome.failure.message}`));
    });
  });
  await client.settled();
  return ended;
}

/** Answers every permission question. */
export function answering(decision: 'accept' | 'decline'): Reaction {
  return (event, turn) => {
    if (event.type === 'approval') void turn().then((given) => given.answer(event.approvalId, decision));
  };
}

/** Interrupts once, because of what is being handled when `when` holds. */
export function interrupting(stage: Stage, when: (event: TurnEvent) => boolean): Reaction {
  return once(when, stage, (seen, turn) => {
    void turn().then((given) => {
      stage.because(FIRST, seen);
      return given.interrupt();
    });
  });
}

export function once(
  when: (event: TurnEvent) => boolean,
  stage: Stage,
  act: (seen: Seen, turn: () => Promise<Turn>) => void,
): Reaction {
  let done = false;
  return (event, turn) => {
    if (done || !when(event)) return;
    done = true;
    const seen = stage.handling(FIRST);
    // Not within the event: the recorder has not written the line down yet.
    void Promise.resolve().then(() => act(seen, turn));
  };
}

export const hears = (delta: string) => (event: TurnEvent) => event.type === 'text' && event.delta === delta;

/** A process that has its conversation and is closed. */
export function conversation(...messages: readonly string[]): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const client = await start(stage, FIRST);
    for (const message of messages) await say(client, message);
    await client.close();
  };
}

export function interrupted(message: string, when: (event: TurnEvent) => boolean, after?: string) {
  return async (stage: Stage): Promise<void> => {
    const client = await start(stage, FIRST);
    await say(client, message, interrupting(stage, when));
    if (after !== undefined) await say(client, after);
    await client.close();
  };
}

/** Signals the process in the middle of an answer, when its session is on disk: claude writes it every 100 ms. */
export async function signalled(stage: Stage, client: ClaudeClient, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const gone = new Promise<void>((resolve) => client.onEnd(() => resolve()));
  const kill = once(hears('and '), stage, (seen) => {
    stage.ports.clock.timer(1_000, `${signal} mid-turn`, () => {
      stage.because(FIRST, seen);
      void stage.signal(client.identity, signal);
    });
  });
  await say(client, 'tell me more', kill);
  await gone;
}
