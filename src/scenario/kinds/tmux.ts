import { kind, LASTING, oneOf } from './field.ts';

const BROKEN = {
  ENOENT: 'is missing from PATH (ENOENT)',
  EACCES: 'is not executable (EACCES)',
  '127': 'is a shell wrapper that cannot find it (exit code 127)',
} as const;

export const TMUX_FAULTS = {
  /** The tmux server stops answering (SIGSTOP) and goes on later: what clients had asked for happens then. */
  'tmux-stall': kind({ forMs: LASTING }, ({ forMs }, say) => `the tmux server stops answering for ${say.ms(forMs)}`),
  /** The tmux server is killed: its panes get SIGHUP. */
  'tmux-kill': kind({}, () => 'the tmux server is killed, and its panes with it'),
  /** `tmux` on PATH is missing, not executable, or a shell wrapper that cannot find it (exit 127). */
  'tmux-broken': kind(
    { how: oneOf('ENOENT', 'EACCES', '127'), forMs: LASTING },
    ({ how, forMs }, say) => `the tmux command ${BROKEN[how]} for ${say.ms(forMs)}`,
  ),
};
