import { type TestAPI, test } from 'vitest';
import { beginShims, type Shims, type TranscriptOptions } from './shim-session.ts';

export type { Shims, TranscriptOptions } from './shim-session.ts';

interface Named {
  readonly name: string;
  readonly suite?: Named | undefined;
}

const fullName = ({ name, suite }: Named): string => (suite === undefined ? name : `${fullName(suite)} ${name}`);

/**
 * A `test` whose tests get `shims`: executables for PATH that play what the real codex and claude said when the test first ran.
 *
 *     const it = withTranscripts({ folder: 'test/recordings' });
 *
 *     it('answers a greeting', async ({ shims }) => {
 *       const { stdout } = await execFileAsync('my-orchestrator', ['ask', 'hello'], { env: shims.env });
 *       expect(stdout).toContain('Hello');
 *     });
 *
 * A test fails, too, when its program says something else than was recorded, or leaves something out. Use it where `test` of vitest
 * would stand; fixtures of your own go on top with `.extend`.
 */
export function withTranscripts(options: TranscriptOptions): TestAPI<{ shims: Shims }> {
  return test.extend<{ shims: Shims }>({
    shims: async ({ task }, use) => {
      const { end, ...shims } = await beginShims(fullName(task), options);
      await use(shims);
      end(task.result?.state !== 'fail');
    },
  });
}
