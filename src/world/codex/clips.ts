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
  /** What it says when a read-only sandbox stops it at once; null when it changes nothing. */
  readonly denied: { readonly exitCode: number; readonly output: string } | null;
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

const unknownAction = (command: string): JsonObject => ({ type: 'unknown', command });

/** From the recordings in transcripts/codex; a test holds them against those. */
export const DEFAULT_CLIPS: Clips = {
  commands: [
    {
      command: 'ls',
      actions: [{ type: 'listFiles', command: 'ls', path: null }],
      output: [{ atMs: 2, text: 'hello.txt\n' }],
      runMs: 3,
      exitCode: 0,
      denied: null,
      compound: false,
    },
    {
      command: 'touch made',
      actions: [unknownAction('touch made')],
      output: [],
      runMs: 3,
      exitCode: 0,
      denied: { exitCode: 1, output: "touch: cannot touch 'made': Read-only file system\n" },
      compound: false,
    },
    {
      command: 'echo to stdout; echo to stderr >&2; exit 3',
      actions: [unknownAction('echo to stdout; echo to stderr >&2; exit 3')],
      output: [{ atMs: 2, text: 'to stdout\nto stderr\n' }],
      runMs: 3,
      exitCode: 3,
      denied: null,
      compound: true,
    },
    {
      command: 'sleep 0.5; echo halfway; sleep 0.5; echo finished',
      actions: [unknownAction('sleep 0.5; echo halfway; sleep 0.5; echo finished')],
      output: [
        { atMs: 502, text: 'halfway\n' },
        { atMs: 1_004, text: 'finished\n' },
      ],
      runMs: 1_005,
      exitCode: 0,
      denied: null,
      compound: true,
    },
    {
      command: 'sleep 3; echo finished',
      actions: [unknownAction('sleep 3; echo finished')],
      output: [{ atMs: 3_002, text: 'finished\n' }],
      runMs: 3_003,
      exitCode: 0,
      denied: null,
      compound: true,
    },
  ],
  patches: [
    {
      patch: [
        '*** Begin Patch',
        '*** Add File: added.txt',
        '+brand new',
        '*** Update File: hello.txt',
        '@@',
        '-hello from the workspace',
        '+hello from the patch',
        '*** End Patch',
        '',
      ].join('\n'),
      changes: [
        { path: '{cwd}/added.txt', kind: { type: 'add' }, diff: 'brand new\n' },
        {
          path: '{cwd}/hello.txt',
          kind: { type: 'update', move_path: null },
          diff: '@@ -1 +1 @@\n-hello from the workspace\n+hello from the patch\n',
        },
      ],
      diff: [
        'diff --git a/added.txt b/added.txt',
        'new file mode 100644',
        'index 0000000000000000000000000000000000000000..d5a09df94c94924d13f8b5cd72a193b3eddb08cb',
        '--- /dev/null',
        '+++ b/added.txt',
        '@@ -0,0 +1 @@',
        '+brand new',
        'diff --git a/hello.txt b/hello.txt',
        'index 170302c8594347d0b1ad86f57681b0787b6af609..bb6f1ae235054df8f70c9a00418d1ab0170d3643',
        '--- a/hello.txt',
        '+++ b/hello.txt',
        '@@ -1 +1 @@',
        '-hello from the workspace',
        '+hello from the patch',
        '',
      ].join('\n'),
      result:
        'Exit code: 0\nWall time: 0.1 seconds\nOutput:\nSuccess. Updated the following files:\nA added.txt\nM hello.txt\n',
    },
  ],
};
