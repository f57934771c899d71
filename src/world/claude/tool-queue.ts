import type { Scheduled } from '../../kernel/kernel.ts';
import type { Proc } from '../proc.ts';
import type { ToolRun } from './tool.ts';

/** The tool calls of one answer of the model: they run one after the other (measured). */
export class ToolQueue {
  readonly #later: (ms: number, work: () => void) => Scheduled;
  #tools: ToolRun[] = [];
  #due: Scheduled | null = null;

  constructor(later: (ms: number, work: () => void) => Scheduled) {
    this.#later = later;
  }

  get empty(): boolean {
    return this.#tools.length === 0;
  }

  /** Calls without a result yet. */
  get open(): readonly ToolRun[] {
    return this.#tools.filter(({ state }) => state !== 'done');
  }

  /** One is about to begin. */
  get due(): boolean {
    return this.#due !== null;
  }

  /** The one whose permission question is open. */
  get asking(): ToolRun | null {
    return this.#tools.find(({ state }) => state === 'asked') ?? null;
  }

  get running(): readonly ToolRun[] {
    return this.#tools.filter(({ state }) => state === 'running');
  }

  /** Shells that run now. */
  get shells(): Proc[] {
    return this.#tools.flatMap(({ shell }) => shell ?? []);
  }

  add(tool: ToolRun): void {
    this.#tools.push(tool);
  }

  /** Begins the first call that waits, `ms` from now; false when none does. `begun` is called right after. */
  beginNext(ms: number, begun: () => void): boolean {
    const next = this.#tools.find(({ state }) => state === 'waiting');
    if (!next) return false;
    this.#due = this.#later(ms, () => {
      this.#due = null;
      next.begin();
      begun();
    });
    return true;
  }

  /** The one that is due does not begin. */
  hold(): void {
    this.#due?.cancel();
    this.#due = null;
  }

  clear(): void {
    this.#tools = [];
  }
}
