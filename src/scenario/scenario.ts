import type { Choice } from '../kernel/choices.ts';

/**
 * One world, as plain JSON: what there is, what its users do, what goes wrong, and what could have gone otherwise.
 * Indices of chats and pairs are taken modulo their number, so that a scenario stays valid while it shrinks. Times are
 * virtual ms after the set-up, when all pairs are live; steps and faults at one instant happen in the order written.
 */
export interface Scenario {
  readonly format: 1;
  /** Number of pairs, 1 to 4; they are called p1, p2, … */
  readonly pairs: number;
  /** 1 to 8 chats, called c1, c2, … */
  readonly chats: readonly ChatSetup[];
  /** Somebody else's session lives on the daemon's tmux server; its name begins like one of the daemon's. */
  readonly coTenant: boolean;
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly choices: readonly Choice[];
}

export interface ChatSetup {
  readonly provider: 'codex' | 'claude';
  /** Index of its home pair. */
  readonly pair: number;
}

/** What the model does with a message: a short answer, a slow one, a tool call, a tool call that needs an approval. */
export type Prompt = 'hello' | 'story' | 'tool' | 'approve';

/** What a user or a front end does. */
export type Step =
  | { readonly at: number; readonly do: 'message'; readonly chat: number; readonly prompt: Prompt }
  /** Answers the chat's oldest open approval, if there is one. */
  | { readonly at: number; readonly do: 'answer'; readonly chat: number; readonly decision: 'accept' | 'decline' }
  | { readonly at: number; readonly do: 'interrupt' | 'attach' | 'detach' | 'close'; readonly chat: number }
  /** The chat asks for a helper, which runs on its pair's app-server. */
  | { readonly at: number; readonly do: 'helper'; readonly chat: number }
  | { readonly at: number; readonly do: 'tui-connect' | 'tui-disconnect'; readonly pair: number }
  /** The daemon is stopped in good order and started again. */
  | { readonly at: number; readonly do: 'restart' };

/** What goes wrong, at the level where it really happens. */
export type Fault =
  /** The tmux server stops answering (SIGSTOP) and goes on later: what clients had asked for happens then. */
  | { readonly at: number; readonly kind: 'tmux-stall'; readonly forMs: number }
  /** The tmux server is killed: its panes get SIGHUP. */
  | { readonly at: number; readonly kind: 'tmux-kill' }
  /** `tmux` on PATH is missing, not executable, or a shell wrapper that cannot find it (exit 127). */
  | {
      readonly at: number;
      readonly kind: 'tmux-broken';
      readonly how: 'ENOENT' | 'EACCES' | '127';
      readonly forMs: number;
    }
  /** An app-server ends by itself with exit code 1, or is killed. */
  | { readonly at: number; readonly kind: 'app-server-exit'; readonly how: 'exit' | 'SIGKILL'; readonly pair: number }
  /** The daemon's pipe to an app-server breaks (EPIPE) while the process lives on. */
  | { readonly at: number; readonly kind: 'transport-cut'; readonly pair: number }
  /** A claude process is killed. */
  | { readonly at: number; readonly kind: 'claude-kill'; readonly chat: number }
  /** The providers' HTTP API answers with an error: to everyone or to helpers, at a turn's first request or later ones. */
  | {
      readonly at: number;
      readonly kind: 'model-error';
      readonly status: 401 | 429 | 500;
      readonly who: 'all' | 'helpers';
      readonly when: 'start' | 'mid-turn';
      readonly forMs: number;
    }
  /** The daemon is killed and started again after `downMs`. */
  | { readonly at: number; readonly kind: 'daemon-crash'; readonly downMs: number }
  /** The daemon is killed right after its n-th durable write since the set-up, before it learns of the commit. */
  | { readonly at: number; readonly kind: 'daemon-crash-at-write'; readonly write: number; readonly downMs: number };

export type FaultKind = Fault['kind'];

/** How much there is to read in a scenario: its steps, faults and choices. */
export function scenarioSize(scenario: Scenario): number {
  return scenario.steps.length + scenario.faults.length + scenario.choices.length;
}

export function chatName(scenario: Scenario, index: number): string {
  return `c${(index % scenario.chats.length) + 1}`;
}

export function pairName(scenario: Scenario, index: number): string {
  return `p${(index % scenario.pairs) + 1}`;
}
