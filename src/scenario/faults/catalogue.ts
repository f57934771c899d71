import type { FAULTS } from '../kinds/catalogue.ts';
import type { Behaviours } from './behaviour.ts';
import { DAEMON_BEHAVIOURS } from './daemon.ts';
import { PROVIDER_BEHAVIOURS } from './providers.ts';
import { TMUX_BEHAVIOURS } from './tmux.ts';

export const BEHAVIOURS: Behaviours<typeof FAULTS> = {
  ...TMUX_BEHAVIOURS,
  ...PROVIDER_BEHAVIOURS,
  ...DAEMON_BEHAVIOURS,
};
