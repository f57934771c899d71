import type { Credentials } from '../core/ports.ts';

/** codex has a login of its own; nothing is kept for it. */
export const OWN_LOGIN: Credentials = {
  current: () => ({ accountId: 'dev', fingerprint: 'dev-1', env: {}, tokens: null }),
  refresh: async () => ({ kind: 'refused', permanent: false, reason: 'no tokens are kept' }),
};
