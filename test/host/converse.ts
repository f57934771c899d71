import { createClock } from '../../src/host/clock.ts';
import { createProcesses } from '../../src/host/processes.ts';
import type { ProviderLaunch } from '../../src/host/provider-env.ts';

export type Frame = Record<string, unknown> & { id?: number; method?: string; type?: string };

export interface Conversation {
  readonly frames: readonly Frame[];
  readonly stderr: string;
  readonly exit: readonly [code: number | null, signal: string | null];
}

/** What claude needs to speak JSON lines. */
export const CLAUDE_FLAGS = [
  '--output-format',
  'stream-json',
  '--verbose',
  '--input-format',
  'stream-json',
  '--permission-prompt-tool=stdio',
];

/**
 * Speaks JSON lines with a real provider until it exits. `step` sees each frame and answers with frames to send, or with
 * `end` to close its stdin.
 */
export async function converse(
  launch: ProviderLaunch,
  opening: readonly object[],
  step: (frame: Frame) => readonly object[] | 'end',
): Promise<Conversation> {
  const frames: Frame[] = [];
  const early: Frame[] = [];
  let take = (frame: Frame): void => void early.push(frame);
  let buffer = '';
  let stderr = '';
  let over: (exit: Conversation['exit']) => void;
  let broken: (error: Error) => void;
  const exit = new Promise<Conversation['exit']>((resolve, reject) => {
    over = resolve;
    broken = reject;
  });
  const result = await createProcesses(createClock()).spawn(
    { ...launch, lane: 'test' },
    {
      stdout(chunk) {
        const lines = (buffer + chunk).split('\n');
        buffer = lines.pop() ?? '';
        for (const line of lines) take(JSON.parse(line));
      },
      stderr(chunk) {
        stderr += chunk;
      },
      stdinError: (errno) => broken(new Error(`stdin: ${errno}`)),
      stdoutError: (errno) => broken(new Error(`stdout: ${errno}`)),
      stdoutEnd: () => {},
      exit: (code, signal) => over([code, signal]),
    },
  );
  if (result.kind === 'not-started') throw new Error(result.message);
  const { child } = result;
  const send = (list: readonly object[]): void => {
    for (const frame of list) child.write(`${JSON.stringify(frame)}\n`);
  };
  take = (frame) => {
    frames.push(frame);
    const answer = step(frame);
    if (answer === 'end') child.end();
    else send(answer);
  };
  early.forEach(take);
  send(opening);
  return { frames, exit: await exit, stderr };
}
