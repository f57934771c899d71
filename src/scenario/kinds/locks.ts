import { CHAT, count, type Fields, kind, LASTING, ms, oneOf } from './field.ts';

const DIRECTORY = oneOf('workspace', 'sub', 'link', 'other');

const WHERE = {
  workspace: 'the workspace',
  sub: 'a folder in the workspace',
  link: 'a symbolic link to the workspace',
  other: 'another directory',
} as const;

const AGENTS = {
  child: '',
  setsid: ', forks twice and leads a session of its own',
  'other-user': ' as another user',
  rm: ', which removes the directory that it works in',
} as const;

export const AGENT_STEPS = {
  /** What the chat's process starts works in its directory, and may outlive it. */
  background: kind(
    {
      chat: CHAT,
      how: oneOf('child', 'setsid', 'other-user', 'rm'),
      livesMs: ms(12_000, 60_000),
      after: oneOf('closes', 'goes-on'),
    },
    ({ chat, how, livesMs, after }, say) => {
      const closed = after === 'closes' ? ', and its user closes the chat' : '';
      return `the process of ${say.chat(chat)} starts a program that works for ${say.ms(livesMs)}${AGENTS[how]}${closed}`;
    },
    { weight: 3 },
  ),
};

export const LOCK_STEPS = {
  lock: kind({ directory: DIRECTORY }, ({ directory }) => `somebody locks ${WHERE[directory]} by hand`),
  /** As when somebody starts many agents at once. */
  rush: kind({ prompt: oneOf('hello', 'story') }, () => 'the users of all chats send a message in the same instant', {
    weight: 2,
  }),
  unlock: kind({ directory: DIRECTORY }, ({ directory }) => `somebody ends the lock by hand on ${WHERE[directory]}`),
};

/** What goes wrong with directories and with lock files. */
export const LOCK_FAULTS = {
  /** A lock file holds half of what it should, as after a power loss. */
  'lock-torn': kind({ forMs: LASTING }, ({ forMs }, say) => `a lock file is torn, and repaired ${say.ms(forMs)} later`),
  /** No file grows, nor the database. */
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
  /** Right after it has made, renamed or removed a file for the n-th time since the set-up. */
  'crash-at-lock-write': kind(
    { write: count(1, 9), downMs: ms(1, 3_000) },
    ({ write, downMs }, say) =>
      `right after its ${say.ordinal(write)} change of lock files the daemon is killed, and started again ${say.ms(downMs)} later`,
    { armed: true },
  ),
};

/** What goes wrong with the processes that have locks. */
export const AGENT_FAULTS = {
  /** Its agents may work on: see the step `background`. */
  'wrapper-dies': kind({ chat: CHAT }, ({ chat }, say) => `the process of ${say.chat(chat)} is killed`),
  /** Until then its parent, the stopped tmux server, does not collect its exit status. */
  zombie: kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `the worker of ${say.chat(chat)} dies and stays a zombie for ${say.ms(forMs)}`,
    { everybody: true },
  ),
};

export const LOCK_CHAT_OPTIONS = {
  /** It works in this directory, and only while no other exclusive chat does; `no`: in the workspace, beside others. */
  exclusive: oneOf('no', 'workspace', 'sub', 'link', 'other'),
} as const satisfies Fields;
