import { CHAT, type Fields, kind, LASTING, ms, oneOf } from './field.ts';

const DIRECTORY = oneOf('workspace', 'sub', 'link', 'other');

const WHERE = {
  workspace: 'the workspace',
  sub: 'a folder in the workspace',
  link: 'a symbolic link to the workspace',
  other: 'another directory',
} as const;

export const LOCK_STEPS = {
  lock: kind({ directory: DIRECTORY }, ({ directory }) => `somebody locks ${WHERE[directory]} by hand`),
  unlock: kind({ directory: DIRECTORY }, ({ directory }) => `somebody ends the lock by hand on ${WHERE[directory]}`),
};

const AGENTS = {
  child: 'its agent, a child of it',
  setsid: 'its agent, which has forked twice and leads a session of its own',
  'other-user': 'its agent, which runs as another user',
} as const;

/** What goes wrong with directories, with lock files, and with the processes that have locks. */
export const LOCK_FAULTS = {
  /** A lock file holds half of what it should, as after a power loss. */
  'lock-torn': kind({ forMs: LASTING }, ({ forMs }, say) => `a lock file is torn, and repaired ${say.ms(forMs)} later`),
  'disk-full': kind({ forMs: LASTING }, ({ forMs }, say) => `the disk is full for ${say.ms(forMs)}`),
  /** EACCES for whoever lists it or looks into it. */
  'locks-unreadable': kind(
    { forMs: LASTING },
    ({ forMs }, say) => `the folder of the locks cannot be read for ${say.ms(forMs)}`,
  ),
  /** It is made again later; who worked there is still in the old one. */
  'directory-deleted': kind(
    { directory: oneOf('sub', 'other'), forMs: LASTING },
    ({ directory, forMs }, say) => `${WHERE[directory]} is deleted, and made again ${say.ms(forMs)} later`,
  ),
  /** The process that the daemon started was a wrapper around the one that works. */
  'wrapper-dies': kind(
    { chat: CHAT, agent: oneOf('child', 'setsid', 'other-user'), livesMs: ms(1_000, 12_000, 40_000) },
    ({ chat, agent, livesMs }, say) =>
      `the process of ${say.chat(chat)} dies, and ${AGENTS[agent]}, works on for ${say.ms(livesMs)}`,
    { weight: 3 },
  ),
  /** Until then its parent, the stopped tmux server, does not collect its exit status. */
  zombie: kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `the worker of ${say.chat(chat)} dies and stays a zombie for ${say.ms(forMs)}`,
  ),
};

export const LOCK_CHAT_OPTIONS = {
  /** It works in its directory only while no other exclusive chat does. */
  exclusive: oneOf(false, true),
  /** Its working directory. */
  directory: DIRECTORY,
} as const satisfies Fields;
