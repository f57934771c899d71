import { CHAT, type Fields, kind, LASTING, ms, oneOf, PAIR } from './field.ts';

/** What TUIs do, and whoever wants to sit there. Each pair has a TUI of its own; another one may come too. */
export const SEAT_STEPS = {
  'tui-connect': kind({ pair: PAIR }, ({ pair }, say) => `a Codex TUI connects to ${say.pair(pair)}`, { weight: 3 }),
  /** With another token: it may sit down only when the first one is gone. */
  'tui-other': kind({ pair: PAIR }, ({ pair }, say) => `another Codex TUI connects to ${say.pair(pair)}`),
  /** The one that came last says good-bye. */
  'tui-disconnect': kind({ pair: PAIR }, ({ pair }, say) => `the Codex TUI of ${say.pair(pair)} goes away`),
  'tui-kill': kind({ pair: PAIR }, ({ pair }, say) => `the Codex TUI of ${say.pair(pair)} is killed`),
  /** An explicit claim, with strict errors. */
  claim: kind(
    { chat: CHAT, pair: PAIR },
    ({ chat, pair }, say) => `${say.chat(chat)}'s front end asks for the seat at the TUI of ${say.pair(pair)}`,
    { weight: 2 },
  ),
};

export const SEAT_FAULTS = {
  /** The TUI's process stops (SIGSTOP) and goes on later: to the daemon a peer that vanished without a word. */
  'tui-freeze': kind(
    { pair: PAIR, forMs: ms(2_000, 12_000, 60_000) },
    ({ pair, forMs }, say) => `the Codex TUI of ${say.pair(pair)} stops answering for ${say.ms(forMs)}`,
  ),
  /** Its connection breaks; it connects again later. */
  'tui-drop': kind(
    { pair: PAIR, backMs: ms(0, 1_000, 2_499, 2_500, 6_000) },
    ({ pair, backMs }, say) =>
      `the connection of the Codex TUI of ${say.pair(pair)} breaks, and it connects again ${say.ms(backMs)} later`,
  ),
};

/** What people want of pairs. */
export const PAIR_STEPS = {
  'pair-ensure': kind({ pair: PAIR }, ({ pair }, say) => `somebody wants ${say.pair(pair)} to run`),
  'pair-destroy': kind(
    { pair: PAIR, force: oneOf(true, false), forget: oneOf(false, true) },
    ({ pair, force, forget }, say) =>
      `somebody destroys ${say.pair(pair)}${force ? ', come what may' : ''}${forget ? ', and forgets it' : ''}`,
    { weight: 2 },
  ),
};

export const PAIR_FAULTS = {
  /** Another program takes the pair's port as soon as it is free, and keeps it for a while. */
  'port-taken': kind(
    { pair: PAIR, forMs: LASTING },
    ({ pair, forMs }, say) =>
      `another program takes the port of ${say.pair(pair)} when it is free, for ${say.ms(forMs)}`,
  ),
  /** For a while, each app-server of the pair is killed when it has lived so long. */
  'app-server-storm': kind(
    { pair: PAIR, lifeMs: ms(0, 200, 400, 2_000), forMs: LASTING },
    ({ pair, lifeMs, forMs }, say) =>
      `each app-server of ${say.pair(pair)} is killed ${say.ms(lifeMs)} after its start, for ${say.ms(forMs)}`,
  ),
};

export const PAIR_CHAT_OPTIONS = {
  /** Its user chose its pair, or left that to the daemon: then it takes the first free seat at any TUI. */
  home: oneOf('chosen', 'any'),
} as const satisfies Fields;

export const SEAT_CHAT_OPTIONS = {
  /** When things begin, its pair's TUI is there already and it has been given the seat, unless another chat was first. */
  seat: oneOf('none', 'taken'),
} as const satisfies Fields;
