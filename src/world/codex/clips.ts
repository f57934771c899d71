import type { JsonObject } from './params.ts';

/** What a shell command did when it was recorded. */
export interface CommandClip {
  readonly command: string;
  /** How codex classifies it, with `{cwd}` for the working directory. */
  readonly actions: readonly JsonObject[];
  /** What it writes, and how many ms after its start. */
  readonly output: readonly { readonly atMs: number; readonly text: string }[];
  readonly runMs: number;
  readonly exitCode: number;
  /** It changes files: a read-only sandbox would not let it. */
  readonly writes: boolean;
  /**
   * The shell has children instead of becoming the command. When the server is killed, the kernel kills its direct child
   * only (parent death signal, measured): the running child of such a shell lives on as an orphan.
   */
  readonly compound: boolean;
}

/** What applying a patch did when it was recorded. */
export interface PatchClip {
  /** The patch as the model sends it. */
  readonly patch: string;
  /** `changes` of the item, with `{cwd}` for the working directory. */
  readonly changes: readonly JsonObject[];
  /** The turn's diff afterwards. */
  readonly diff: string;
  /** What the model is told. */
  readonly result: string;
}

/** What tools do in a world without files: only what has been recorded. */
export interface Clips {
  readonly commands: readonly CommandClip[];
  readonly patches: readonly PatchClip[];
}

/** The clip's JSON with the working directory put in. */
export function inDirectory(value: readonly JsonObject[], cwd: string): readonly JsonObject[] {
  return JSON.parse(JSON.stringify(value).replaceAll('{cwd}', JSON.stringify(cwd).slice(1, -1)));
}

/** From the recordings in transcripts/codex; a test holds them against those. */
export const DEFAULT_CLIPS: Clips = {
  commands: [
    {
      command: 'ls',
      actions: [{ type: 'listFiles', command: 'ls', path: null }],
      output: [{ atMs: 2, text: 'hello.txt\n' }],
      runMs: 3,
      exitCode: 0,
      writes: false,
      compound: false,
    },
    {
      command: 'touch made',
      actions: [{ type: 'unknown', command: 'touch made' }],
      output: [],
      runMs: 3,
      exitCode: 0,
      writes: true,
      compound: false,
    },
    {
      command: 'sleep 30; echo finished',
      actions: [{ type: 'unknown', command: 'sleep 30; echo finished' }],
      output: [{ atMs: 30_000, text: 'finished\n' }],
      runMs: 30_001,
      exitCode: 0,
      writes: false,
      compound: true,
    },
    {
      command: 'sleep 30',
      actions: [{ type: 'unknown', command: 'sleep 30' }],
      output: [],
      runMs: 30_000,
      exitCode: 0,
      writes: false,
      compound: false,
    },
  ],
  patches: [],
};
