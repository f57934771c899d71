import { kind, PAIR } from './field.ts';

/** What a pair's front end does. */
export const PAIR_STEPS = {
  'tui-connect': kind({ pair: PAIR }, ({ pair }, say) => `a Codex TUI connects to ${say.pair(pair)}`, { weight: 2 }),
  'tui-disconnect': kind({ pair: PAIR }, ({ pair }, say) => `the Codex TUI of ${say.pair(pair)} goes away`),
};
