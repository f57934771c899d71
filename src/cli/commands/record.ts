import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { endLike, type PassThroughResult, passThrough } from '../../host/tap/pass-through.ts';
import { RawRecorder } from '../../host/tap/raw-recorder.ts';
import { sealFile } from '../../host/tap.ts';
import { counted } from '../../report/time.ts';
import type { Provider } from '../../transcript/format.ts';
import type { Profile } from '../../transcript/profile.ts';
import { claudeProfile } from '../../transcript/profile-claude.ts';
import { codexProfile } from '../../transcript/profile-codex.ts';
import { type Command, textOption } from '../command.ts';
import { InputError, ioReason, UsageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { packageVersion } from '../package.ts';
import { redactorOfThisMachine } from './lint.ts';

const PROFILES: Readonly<Record<Provider, Profile>> = { codex: codexProfile, claude: claudeProfile };

/** Variables that say how a provider was set up; nothing else of the environment is written down. */
const KEPT: Readonly<Record<Provider, readonly string[]>> = {
  codex: ['CODEX_HOME'],
  claude: ['CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CODE_SDK_READS_SESSION_STATE'],
};

const VERSION_TIMEOUT_MS = 10_000;

export const recordCommand: Command = {
  name: 'record',
  summary: 'Runs a provider, passes its pipes through unchanged, and writes down what was said as a transcript.',
  operands: '',
  count: [0, 0],
  takesRest: true,
  options: {
    out: { value: 'FILE', help: 'the transcript to write (required), e.g. simple.ndjson; its name is the scenario' },
    provider: { value: 'NAME', help: 'codex or claude (default: from the name of COMMAND)' },
  },
  details:
    "Put it where a program starts its provider: 'reprise record --out t.ndjson -- codex app-server'. Signals are passed\non; the exit code is the command's own, or 2 when nothing could be recorded. Secrets, home, host and user names are\nreplaced before anything reaches the disk, and the provider's own prose is left out.",
  async run(io, given) {
    const out = textOption(given, 'out');
    const [file, ...args] = given.rest;
    if (out === undefined) throw new UsageError('say where to write the transcript: --out FILE', 'record');
    if (!out.endsWith('.ndjson')) throw new UsageError(`--out must end in .ndjson, not '${out}'`, 'record');
    if (file === undefined) throw new UsageError("say what to run behind '--': -- codex app-server", 'record');
    const provider = providerOf(textOption(given, 'provider') ?? basename(file));
    const version = await versionOf(file);
    endLike(await record(io, { out, file, args, provider, version }));
    return 0;
  },
};

interface Recording {
  readonly out: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly provider: Provider;
  readonly version: string;
}

async function record(io: Io, { out, file, args, provider, version }: Recording): Promise<PassThroughResult> {
  const redactor = redactorOfThisMachine();
  const partial = `${out}.partial`;
  let recorder: RawRecorder;
  try {
    recorder = new RawRecorder(partial, { redactor });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = exists ? 'another recording writes it or was killed; delete it' : ioReason(error);
    throw new InputError(`${partial}: cannot be made: ${reason}`);
  }
  const { stdin, stdout, stderr } = process;
  const result = await passThrough({
    file,
    args,
    lane: `${provider}:1`,
    recorder,
    keepEnv: KEPT[provider],
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
  });
  if (result.kind === 'not-started') io.note(`reprise record: ${file} cannot be started: ${result.message}`);
  try {
    recorder.close();
    const { transcript, saved } = sealFile(partial, out, {
      profile: PROFILES[provider],
      scenario: basename(out, '.ndjson'),
      providerVersion: version,
      platform: `${process.platform}-${process.arch}`,
      recorder: `reprise ${packageVersion()}`,
      places: { paths: placesOf(provider) },
      redactor,
    });
    io.note(
      `reprise record: ${out}: ${counted(transcript.records.length, 'record')}${saved === 'unchanged' ? ', as it was' : ''}`,
    );
  } catch (error) {
    throw new InputError(`${out}: nothing was written: ${(error as Error).message}`);
  } finally {
    rmSync(partial, { force: true });
  }
  return result;
}

function placesOf(provider: Provider): Record<string, string> {
  const home = homedir();
  const own: Record<Provider, Record<string, string>> = {
    codex: { codexHome: process.env.CODEX_HOME ?? join(home, '.codex') },
    claude: { claudeHome: process.env.CLAUDE_CONFIG_DIR ?? join(home, '.claude') },
  };
  return { ws: process.cwd(), home, ...own[provider] };
}

function providerOf(name: string): Provider {
  const provider = (['codex', 'claude'] as const).find((known) => name === known || name.startsWith(`${known}-`));
  if (provider) return provider;
  throw new UsageError(
    `'${name}' is no provider that is known; say which it speaks like: --provider codex or --provider claude`,
    'record',
  );
}

/** What `COMMAND --version` says, or `unknown`. */
function versionOf(file: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, ['--version'], { timeout: VERSION_TIMEOUT_MS }, (error, stdout) => {
      resolve((error ? null : /\d+\.\d+\.\d+[\w.+-]*/.exec(stdout)?.[0]) ?? 'unknown');
    });
  });
}
