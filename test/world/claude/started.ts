import type { ModelRule, ReplyStep } from '../../../src/world/model/index.ts';
import { type RawClaude, RawMachine } from './raw.ts';

export const text = (...chunks: string[]): ReplyStep => ({ do: 'text', chunks });
export const rules: ModelRule[] = [
  { when: { user: 'hi' }, reply: [text('Hello.')] },
  { when: { user: 'slow' }, reply: [{ do: 'text', chunks: ['a', 'b', 'c', 'd'], gapMs: 100 }] },
  { when: { user: 'third' }, reply: [text('Third.')] },
  { when: { user: 'stuck' }, reply: [{ do: 'hang' }] },
  { when: { user: 'touch', round: 0 }, reply: [{ do: 'tool', command: 'touch made' }] },
  { when: { user: 'touch', round: 1 }, reply: [text('done')] },
  { when: { user: 'sleep', round: 0 }, reply: [{ do: 'tool', command: 'echo a; sleep 30' }] },
  { when: { user: 'nap', round: 0 }, reply: [{ do: 'tool', command: 'echo a; sleep 1' }] },
  { when: { user: 'nap', round: 1 }, reply: [text('rested')] },
  { when: { user: 'long', round: 0 }, reply: [{ do: 'tool', command: 'echo a; sleep 5' }] },
  { when: { user: 'long', round: 1 }, reply: [text('rested')] },
];

/** A machine with one claude that was asked to initialise. */
export function started(more: ConstructorParameters<typeof RawMachine>[1] = {}): {
  world: RawMachine;
  claude: RawClaude;
} {
  const world = new RawMachine(rules, more);
  const claude = world.start();
  claude.control('c1', { subtype: 'initialize' });
  return { world, claude };
}
