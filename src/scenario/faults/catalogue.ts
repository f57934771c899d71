import type { FAULTS } from '../kinds/catalogue.ts';
import type { Behaviours } from './behaviour.ts';
import { DAEMON_BEHAVIOURS } from './daemon.ts';
import { PAIR_BEHAVIOURS } from './pairs.ts';
import { PROVIDER_BEHAVIOURS } from './providers.ts';
import { TMUX_BEHAVIOURS } from './tmux.ts';

export const BEHAVIOURS: Behaviours<typeof FAULTS> = {
  ...TMUX_BEHAVIOURS,
  ...PROVIDER_BEHAVIOURS,
  ...PAIR_BEHAVIOURS,
  ...DAEMON_BEHAVIOURS,
};
