import type { FAULTS } from '../kinds/catalogue.ts';
import { ACCOUNT_BEHAVIOURS } from './accounts.ts';
import type { Behaviours } from './behaviour.ts';
import { DAEMON_BEHAVIOURS } from './daemon.ts';
import { HERDR_BEHAVIOURS } from './herdr.ts';
import { HOST_BEHAVIOURS } from './host.ts';
import { LOCK_BEHAVIOURS } from './locks.ts';
import { PAIR_BEHAVIOURS } from './pairs.ts';
import { PROVIDER_BEHAVIOURS } from './providers.ts';
import { SESSION_BEHAVIOURS } from './sessions.ts';
import { TMUX_BEHAVIOURS } from './tmux.ts';
import { WIRE_BEHAVIOURS } from './wire.ts';
import { ZELLIJ_BEHAVIOURS } from './zellij.ts';

export const BEHAVIOURS: Behaviours<typeof FAULTS> = {
  ...TMUX_BEHAVIOURS,
  ...ZELLIJ_BEHAVIOURS,
  ...HERDR_BEHAVIOURS,
  ...SESSION_BEHAVIOURS,
  ...PROVIDER_BEHAVIOURS,
  ...WIRE_BEHAVIOURS,
  ...ACCOUNT_BEHAVIOURS,
  ...PAIR_BEHAVIOURS,
  ...LOCK_BEHAVIOURS,
  ...HOST_BEHAVIOURS,
  ...DAEMON_BEHAVIOURS,
};
