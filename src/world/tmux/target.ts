import { fnmatch } from './fnmatch.ts';
import type { Pane, Session, State, Window } from './state.ts';

export type TargetType = 'session' | 'window' | 'pane';

/** What `-t` names. All null when a command that may go without one found nothing. */
export interface Target {
  readonly session: Session | null;
  readonly window: Window | null;
  readonly pane: Pane | null;
}

export const NO_TARGET: Target = { session: null, window: null, pane: null };

const WINDOW_WORDS: Readonly<Record<string, string>> = {
  '{start}': '^',
  '{last}': '!',
  '{end}': '$',
  '{next}': '+',
  '{previous}': '-',
};
const PANE_WORDS: Readonly<Record<string, string>> = { '{last}': '!', '{next}': '+', '{previous}': '-' };

/** What was not found, in tmux's own words, and what was found before that: commands that may fail go on with it. */
export interface NotFound {
  readonly words: string;
  readonly partial: Target;
}

/**
 * Finds what a target names, as tmux 3.3a does (facts tmux.md 3): `$id`, `@id` or `%id`, then the exact name, then a
 * unique prefix, then a glob.
 * @param current what an empty target means; null when there is no session at all
 */
export function findTarget(
  state: State,
  text: string | undefined,
  type: TargetType,
  current: Target | null,
): Target | NotFound {
  if (!current?.session) return nothing('no current target');
  if (text === undefined || text === '') return current;
  if (text === '=' || text === '{mouse}') return nothing('no mouse target');
  if (text === '~' || text === '{marked}') return nothing('no marked target');
  return new Finder(state, current).find(text, type);
}

function nothing(words: string): NotFound {
  return { words, partial: NO_TARGET };
}

function ofWindow(window: Window): Target {
  return { session: window.session, window, pane: window.active };
}

function ofPane(pane: Pane): Target {
  return { session: pane.window.session, window: pane.window, pane };
}

class Finder {
  readonly #state: State;
  readonly #current: Target;
  #exactSession = false;
  #exactWindow = false;
  /** What the search has come across so far; not always what it was after. */
  #seenSession: Session | null = null;
  #seenWindow: Window | null = null;

  constructor(state: State, current: Target) {
    this.#state = state;
    this.#current = current;
  }

  find(text: string, type: TargetType): Target | NotFound {
    let session: string | null = null;
    let window: string | null = null;
    let pane: string | null = null;
    const colon = text.indexOf(':');
    const period = text.indexOf('.', colon + 1);
    if (colon >= 0) {
      session = text.slice(0, colon);
      window = period < 0 ? text.slice(colon + 1) : text.slice(colon + 1, period);
      if (period >= 0) pane = text.slice(period + 1);
    } else if (period >= 0) {
      window = text.slice(0, period);
      pane = text.slice(period + 1);
    } else if (text[0] === '$') session = text;
    else if (text[0] === '@') window = text;
    else if (text[0] === '%') pane = text;
    else if (type === 'session') session = text;
    else if (type === 'window') window = text;
    else pane = text;

    if (session?.startsWith('=')) {
      session = session.slice(1);
      this.#exactSession = true;
    }
    if (window?.startsWith('=')) {
      window = window.slice(1);
      this.#exactWindow = true;
    }
    if (window !== null) window = WINDOW_WORDS[window] ?? window;
    if (pane !== null) pane = PANE_WORDS[pane] ?? pane;
    return this.#resolve(session || null, window || null, pane || null, colon >= 0, period >= 0);
  }

  #resolve(
    session: string | null,
    window: string | null,
    pane: string | null,
    windowOnly: boolean,
    paneOnly: boolean,
  ): Target | NotFound {
    if (session === null && window === null) {
      if (pane === null) return this.#current;
      return this.#pane(pane, paneOnly) ?? this.#missing('pane', pane);
    }
    let inWindow: Window | null;
    if (session === null) inWindow = this.#window(window!, windowOnly);
    else {
      const found = this.#session(session);
      if (!found) return this.#missing('session', session);
      inWindow = window === null ? found.current : this.#windowIn(found, window);
    }
    if (!inWindow) return this.#missing('window', window!);
    if (pane === null) return ofWindow(inWindow);
    this.#seenWindow = inWindow;
    const inPane = this.#paneIn(inWindow, pane);
    return inPane ? ofPane(inPane) : this.#missing('pane', pane);
  }

  #missing(what: TargetType, text: string): NotFound {
    const partial = { session: this.#seenSession, window: this.#seenWindow, pane: null };
    return { words: `can't find ${what}: ${text}`, partial };
  }

  #session(name: string): Session | null {
    this.#seenSession = this.#findSession(name);
    return this.#seenSession;
  }

  #findSession(name: string): Session | null {
    if (name[0] === '$') return this.#state.sorted.find((each) => `$${each.id}` === name) ?? null;
    const exact = this.#state.sessions.get(name);
    if (exact || this.#exactSession) return exact ?? null;
    const { sorted } = this.#state;
    const byPrefix = sorted.filter((each) => each.name.startsWith(name));
    if (byPrefix.length > 0) return byPrefix.length === 1 ? byPrefix[0]! : null;
    const byPattern = sorted.filter((each) => fnmatch(name, each.name));
    return byPattern.length === 1 ? byPattern[0]! : null;
  }

  /** A window of the current session, or (unless `only`) the current window of the session of that name. */
  #window(name: string, only: boolean): Window | null {
    if (name[0] === '@') return this.#windowById(name);
    this.#seenSession = this.#current.session;
    const found = this.#windowIn(this.#current.session!, name);
    if (found || only) return found;
    return this.#session(name)?.current ?? null;
  }

  #windowById(id: string): Window | null {
    return /^@\d+$/.test(id) ? (this.#state.windows.get(Number(id.slice(1))) ?? null) : null;
  }

  #windowIn(session: Session, name: string): Window | null {
    const { windows } = session;
    this.#seenWindow = session.current;
    if (name[0] === '@') {
      const byId = this.#windowById(name);
      return byId?.session === session ? byId : null;
    }
    if (!this.#exactWindow) {
      const offset = /^([+-])(\d*)$/.exec(name);
      if (offset && offset[2] !== '0') {
        const step = Number(offset[2] || 1) % windows.length;
        const at = windows.indexOf(session.current) + (offset[1] === '+' ? step : windows.length - step);
        return windows[at % windows.length]!;
      }
      if (name === '!') {
        this.#seenWindow = session.last[0] ?? null;
        return this.#seenWindow;
      }
      if (name === '^') return windows[0]!;
      if (name === '$') return windows.at(-1)!;
    }
    if (/^\d+$/.test(name)) {
      const byIndex = windows.find((each) => each.index === Number(name));
      if (byIndex) return byIndex;
    }
    let found = windows.filter((each) => each.name === name);
    if (found.length === 0 && this.#exactWindow) return null;
    if (found.length === 0) found = windows.filter((each) => each.name.startsWith(name));
    if (found.length === 0) found = windows.filter((each) => fnmatch(name, each.name));
    // Of several, the first is remembered although it is not taken.
    this.#seenWindow = found[0] ?? null;
    return found.length === 1 ? found[0]! : null;
  }

  /** A pane of the current window, or (unless `only`) the active pane of a window or session of that name. */
  #pane(name: string, only: boolean): Target | null {
    if (name[0] === '%') {
      const byId = this.#paneById(name);
      return byId ? ofPane(byId) : null;
    }
    this.#seenSession = this.#current.session;
    this.#seenWindow = this.#current.window;
    const found = this.#paneIn(this.#current.window!, name);
    if (found) return ofPane(found);
    if (only) return null;
    const window = this.#window(name, false);
    return window ? ofWindow(window) : null;
  }

  #paneById(id: string): Pane | null {
    return /^%\d+$/.test(id) ? (this.#state.panes.get(Number(id.slice(1))) ?? null) : null;
  }

  #paneIn(window: Window, name: string): Pane | null {
    const { panes } = window;
    if (name[0] === '%') {
      const byId = this.#paneById(name);
      return byId?.window === window ? byId : null;
    }
    const offset = /^([+-])(\d*)$/.exec(name);
    if (offset && offset[2] !== '0') {
      const step = Number(offset[2] || 1) % panes.length;
      const at = panes.indexOf(window.active) + (offset[1] === '+' ? step : panes.length - step);
      return panes[at % panes.length]!;
    }
    return /^\d+$/.test(name) ? (panes[Number(name)] ?? null) : null;
  }
}
