import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Provider, Transcript } from '../transcript/format.ts';
import type { ReadOptions } from '../transcript/read.ts';
import { collectTranscript } from '../transcript/read-stream.ts';
import { InputError } from './errors.ts';
import type { Fixture } from './fixtures/fixture.ts';
import { loadFixtures } from './fixtures/load.ts';
import { type ReplayCommand, replayFixture } from './fixtures/replay-fixture.ts';
import { shown } from './io.ts';
import { PACKAGE_ROOT } from './package.ts';
import { notATranscript, unreadable } from './reading.ts';

/** Where the recordings of this package are. */
export const TRANSCRIPTS_DIRECTORY = join(PACKAGE_ROOT, 'transcripts');

/** What came of a strict replay. */
export interface ReplayOutcome {
  readonly file: string;
  readonly provider: Provider;
  readonly scenario: string;
  readonly records: number;
  /** Null when everything happened as recorded; otherwise the first difference, in words. */
  readonly difference: string | null;
}

/** Drive scripts by `provider/scenario`: what the client said when a transcript was recorded. */
export type Scripts = ReadonlyMap<string, Fixture<Settings>>;

interface Settings {
  readonly retries?: number;
}

/** Every transcript of this package that the adapters had, in order of their paths; `agent-sdk` and `codex-sdk` hold those of others. */
export function ownTranscripts(): string[] {
  return Object.keys(COMMANDS)
    .sort()
    .flatMap((provider) =>
      readdirSync(join(TRANSCRIPTS_DIRECTORY, provider))
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
        .map((name) => join(TRANSCRIPTS_DIRECTORY, provider, name)),
    );
}

/** The drive scripts of this package. */
export async function loadScripts(): Promise<Scripts> {
  const all = [...(await loadFixtures<Settings>('codex')), ...(await loadFixtures<Settings>('claude'))];
  return new Map(all.map((fixture) => [`${fixture.provider}/${fixture.name}`, fixture]));
}

/**
 * Has a recorded conversation again: the real adapter speaks, the transcript answers, in virtual time. Whatever the
 * adapter does must be what was recorded, and everything recorded must happen. Throws {@link InputError} for a file that
 * cannot be read or that no drive script belongs to.
 */
export async function replayFile(path: string, scripts: Scripts, options: ReadOptions = {}): Promise<ReplayOutcome> {
  const transcript = await readTranscriptFile(path, options);
  const { provider, scenario } = transcript.header;
  const fixture = scripts.get(`${provider}/${scenario}`);
  if (!fixture || !isProvider(provider)) {
    const known = [...scripts.keys()]
      .filter((name) => name.startsWith(`${provider}/`))
      .map((name) => name.slice(provider.length + 1));
    throw new InputError(
      `${path}:1: no drive script says what the client does in the ${provider} scenario '${scenario}'; there are: ${known.join(', ')}. Add one to scenarios/recordings/${provider}.ts.`,
    );
  }
  let difference: string | null = null;
  try {
    await replayFixture(fixture, transcript, COMMANDS[provider](fixture));
  } catch (error) {
    difference = (error as Error).message;
  }
  return { file: path, provider, scenario, records: transcript.records.length, difference };
}

function isProvider(name: string): name is Provider {
  return Object.hasOwn(COMMANDS, name);
}

/** How the adapters are told to start a provider when these transcripts are replayed. */
const COMMANDS: Readonly<Record<Provider, (fixture: Fixture<Settings>) => ReplayCommand>> = {
  codex: () => ({ file: 'codex', args: ['app-server'], env: { HOME: '/home/dev', CODEX_HOME: '/home/dev/.codex' } }),
  claude: ({ settings }) => ({
    file: 'claude',
    args: ['--model=claude-sonnet-4-5', '--permission-mode=default'],
    env: { HOME: '/home/dev', CLAUDE_CODE_MAX_RETRIES: String(settings?.retries ?? 0) },
  }),
};

/** Reads a transcript; `-` is standard input. Throws {@link InputError}. */
export async function readTranscriptFile(path: string, options: ReadOptions = {}): Promise<Transcript> {
  const source = path === '-' ? process.stdin : await openForReading(path);
  const result = await collectTranscript(source, path === '-' ? 'standard input' : shown(path), options);
  if (result.ok) return result.transcript;
  throw notATranscript(result.errors[0]);
}

async function openForReading(path: string): Promise<Readable> {
  try {
    return (await open(path)).createReadStream();
  } catch (error) {
    throw unreadable(path, error);
  }
}
