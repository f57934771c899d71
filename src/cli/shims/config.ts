import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider, Tool } from '../../transcript/format.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import { InputError } from '../errors.ts';

export const SHIM_MODES = ['replay', 'record', 'model', 'real'] as const;
/**
 * - `replay`: the recordings answer.
 * - `record`: the real program runs, and is written down.
 * - `model`: the simulator's model of the provider answers, in real time.
 * - `real`: the real program runs, and nothing else happens.
 */
export type ShimMode = (typeof SHIM_MODES)[number];

/** What a folder of shims was made for. The environment of a shim may say otherwise: `REPRISE_MODE` and so on. */
export interface ShimConfig extends ReadOptions {
  readonly mode: ShimMode;
  /** Paths of recordings, for `replay`. */
  readonly transcripts: readonly string[];
  /** Folder for recordings, for `record`. */
  readonly out: string | null;
  /** Folder that the processes of one test share. */
  readonly state: string;
  /** File of faults. */
  readonly faults: string | null;
  /** What the model says, for `model`: a file, or null for one short sentence. */
  readonly script: string | null;
  /** As `--speed` takes it. */
  readonly speed: string;
}

/** The names that shims are made for. */
export type ShimName = Provider | Tool;

/** Beside the shims: what they were made for. */
export const CONFIG_FILE = 'shims.json';
/** Beside the shims: the state folder, unless another is named. */
export const STATE = 'state';

/** Throws {@link InputError} when the folder holds no shims. */
export function readConfig(folder: string): ShimConfig {
  const path = join(folder, CONFIG_FILE);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ShimConfig;
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as Error).message}); make the shims: reprise shims ${folder} …`,
    );
  }
}

/** The configuration with what the environment says instead. Throws {@link InputError}. */
export function configured(baked: ShimConfig, env: NodeJS.ProcessEnv, separator: string): ShimConfig {
  const mode = env.REPRISE_MODE ?? baked.mode;
  if (!(SHIM_MODES as readonly string[]).includes(mode)) {
    throw new InputError(`REPRISE_MODE must be one of ${SHIM_MODES.join(', ')}, not '${mode}'`);
  }
  return {
    mode: mode as ShimMode,
    transcripts: env.REPRISE_TRANSCRIPTS?.split(separator).filter((path) => path !== '') ?? baked.transcripts,
    out: env.REPRISE_OUT ?? baked.out,
    state: env.REPRISE_STATE ?? baked.state,
    faults: env.REPRISE_FAULTS ?? baked.faults,
    script: env.REPRISE_SCRIPT ?? baked.script,
    speed: env.REPRISE_SPEED ?? baked.speed,
    ...(baked.maxLine === undefined ? {} : { maxLine: baked.maxLine }),
  };
}
