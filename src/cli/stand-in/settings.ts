import type { Provider, Speaker, Tool } from '../../transcript/format.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import { UsageError } from '../errors.ts';

/** What a stand-in is told. */
export interface StandInSettings extends ReadOptions {
  /** Name of the program that was started. */
  readonly file: string;
  /** What it speaks; recordings of anything else are left alone. */
  readonly provider: Speaker;
  /** Paths of transcripts, or of folders with some. */
  readonly transcripts: readonly string[];
  /** Folder that the processes of one test share; null when there is only one process. */
  readonly state: string | null;
  /** Where the result goes as well, when there is one process. */
  readonly result: string | null;
  /** File of faults. */
  readonly faults: string | null;
  /** How much faster than recorded; `Infinity` for no pauses. */
  readonly speed: number;
}

export const PROVIDERS: readonly Provider[] = ['codex', 'claude'];
export const TOOLS: readonly Tool[] = ['tmux', 'zellij', 'herdr'];
export const NAMES: readonly (Provider | Tool)[] = [...PROVIDERS, ...TOOLS];

export function isTool(name: string): name is Tool {
  return (TOOLS as readonly string[]).includes(name);
}

/** `max`, or a number above 0. Throws {@link UsageError}. */
export function parseSpeed(text: string | undefined, command: string): number {
  if (text === undefined || text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (text.trim() !== '' && Number.isFinite(speed) && speed > 0) return speed;
  throw new UsageError(
    `the speed must be a number above 0 (10: ten times as fast as recorded) or max, not '${text}'`,
    command,
  );
}
