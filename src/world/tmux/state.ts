import type { Signal } from '../../core/ports.ts';
import type { Proc } from '../proc.ts';
import { Screen } from './screen.ts';
import type { Tty } from './tty.ts';

/** Values set in one scope; what is not set comes from the scope above. */
export type Options = Map<string, string>;

/** A variable that a session hides from its panes is null. */
export type Environment = Map<string, string | null>;

export class Session {
  readonly id: number;
  name: string;
  /** Virtual ms. */
  readonly created: number;
  /** Rank among all sessions by last use: the highest is the current one for a client outside tmux. */
  readonly activity: number;
  readonly path: string;
  readonly environment: Environment;
  readonly options: Options = new Map();
  /** By index. */
  readonly windows: Window[] = [];
  current!: Window;
  /** Windows that were current before, the latest first. */
  readonly last: Window[] = [];

  constructor(
    id: number,
    name: string,
    now: { readonly created: number; readonly activity: number },
    path: string,
    environment: Environment,
  ) {
    this.id = id;
    this.name = name;
    this.created = now.created;
    this.activity = now.activity;
    this.path = path;
    this.environment = environment;
  }

  /** Makes `window` the current one. */
  select(window: Window): void {
    if (this.current === window) return;
    const before = this.current;
    this.current = window;
    this.forget(window);
    if (before && this.windows.includes(before)) this.last.unshift(before);
  }

  forget(window: Window): void {
    const at = this.last.indexOf(window);
    if (at >= 0) this.last.splice(at, 1);
  }
}

export class Window {
  readonly id: number;
  readonly session: Session;
  readonly index: number;
  name = '';
  /** False once someone named it: it is then not renamed after its command any more. */
  automaticName = true;
  readonly width: number;
  readonly height: number;
  readonly options: Options = new Map();
  readonly panes: Pane[] = [];
  active!: Pane;

  constructor(id: number, session: Session, index: number, size: { readonly width: number; readonly height: number }) {
    this.id = id;
    this.session = session;
    this.index = index;
    this.width = size.width;
    this.height = size.height;
  }
}

/** How a pane's program ended: an exit status or a signal. */
export interface PaneEnd {
  readonly code: number | null;
  readonly signal: Signal | null;
  /** Virtual ms; null as long as the server has not waited for it, and does not know how it ended. */
  readonly at: number | null;
}

export class Pane {
  readonly id: number;
  readonly window: Window;
  readonly options: Options = new Map();
  /** Its program; kept after its death (`pane_pid` stays), null only before the first start. */
  proc: Proc | null = null;
  /** The command as given; empty means a login shell. */
  command: readonly string[] = [];
  shell = '/bin/sh';
  path = '/';
  tty: Tty | null = null;
  /** Set while the pane is kept although its program ended (`remain-on-exit`). */
  end: PaneEnd | null = null;
  /** The command that gets a copy of the pane's output. */
  pipe: Proc | null = null;
  /** A copy of a command's output lies over the screen and takes the keys. */
  mode: 'view-mode' | null = null;
  /** When the window was last named after this pane's command; virtual ms. */
  namedAt = Number.NEGATIVE_INFINITY;
  /** Lines of history its screen keeps. */
  readonly historyLimit: number;
  #screen: Screen | null = null;

  constructor(id: number, window: Window, historyLimit: number) {
    this.id = id;
    this.window = window;
    this.historyLimit = historyLimit;
  }

  get index(): number {
    return this.window.panes.indexOf(this);
  }

  /** Made when first written to or looked at. */
  get screen(): Screen {
    this.#screen ??= new Screen(this.window.width, this.window.height, this.historyLimit);
    return this.#screen;
  }

  clearScreen(): void {
    this.#screen = null;
  }
}

/** Everything a server knows, with the lookups that commands need. */
export class State {
  readonly sessions = new Map<string, Session>();
  readonly panes = new Map<number, Pane>();
  readonly windows = new Map<number, Window>();
  readonly serverOptions: Options = new Map();
  readonly sessionOptions: Options = new Map();
  readonly windowOptions: Options = new Map();
  readonly environment: Environment;
  /** The latest first. */
  readonly buffers: { readonly name: string; readonly text: string }[] = [];
  nextBuffer = 0;
  nextSession = 0;
  nextWindow = 0;
  nextPane = 0;
  nextActivity = 0;
  #sorted: Session[] | null = null;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  addSession(session: Session): void {
    this.sessions.set(session.name, session);
    this.#sorted = null;
  }

  removeSession(session: Session): void {
    this.sessions.delete(session.name);
    this.#sorted = null;
  }

  renameSession(session: Session, name: string): void {
    this.sessions.delete(session.name);
    session.name = name;
    this.addSession(session);
  }

  /** Sessions in the order in which tmux lists and tries them: by the bytes of their names. */
  get sorted(): readonly Session[] {
    this.#sorted ??= [...this.sessions.values()].sort((a, b) => compareBytes(a.name, b.name));
    return this.#sorted;
  }

  /** The most recently used session. */
  get latest(): Session | null {
    let best: Session | null = null;
    for (const session of this.sessions.values()) if (!best || session.activity > best.activity) best = session;
    return best;
  }
}

/** `strcmp(3)` over UTF-8, which orders like code points. */
function compareBytes(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = a[index]!.codePointAt(0)! - b[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
