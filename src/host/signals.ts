/** What one process tells another by signals, as far as it can be caught and passed on without side effects. */
export const TOLD = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
] as const satisfies readonly NodeJS.Signals[];
