import type { PAIR_STEPS } from '../kinds/pairs.ts';
import type { Acts } from './act.ts';

export const PAIR_ACTS: Acts<typeof PAIR_STEPS> = {
  'tui-connect': (step, users) => {
    const { book, now } = users.simulation;
    const pairId = users.pair(step);
    const token = book.tuis.get(pairId) ?? `tui-${pairId}-${now}`;
    if (users.daemon?.connectTui(pairId, token)) book.tuis.set(pairId, token);
  },
  'tui-disconnect': (step, users) => {
    const { book } = users.simulation;
    const pairId = users.pair(step);
    const token = book.tuis.get(pairId);
    if (token === undefined) return;
    book.tuis.delete(pairId);
    users.daemon?.disconnectTui(pairId, token);
  },
};
