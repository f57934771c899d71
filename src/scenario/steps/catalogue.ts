import type { STEPS } from '../kinds/catalogue.ts';
import type { Acts } from './act.ts';
import { CHAT_ACTS } from './chats.ts';
import { DAEMON_ACTS } from './daemon.ts';
import { LOCK_ACTS } from './locks.ts';
import { PAIR_ACTS } from './pairs.ts';
import { SESSION_ACTS } from './sessions.ts';

export const ACTS: Acts<typeof STEPS> = { ...CHAT_ACTS, ...LOCK_ACTS, ...PAIR_ACTS, ...SESSION_ACTS, ...DAEMON_ACTS };
