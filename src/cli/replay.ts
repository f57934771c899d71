import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider, Transcript } from '../transcript/format.ts';
import { formatTranscriptError, readTranscript } from '../transcript/read.ts';
import { InputError, ioReason } from './errors.ts';
import type { Fixture } from './fixtures/fixture.ts';
import { loadFixtures } from './fixtures/load.ts';
import { type ReplayCommand, replayFixture } from './fixtures/replay-fixture.ts';
import { shown } from './io.ts';
import { PACKAGE_ROOT } from './package.ts';

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

/** Every transcript of this package, in order of their paths. */
export function ownTranscripts(): string[] {
  return readdirSync(TRANSCRIPTS_DIRECTORY, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(TRANSCRIPTS_DIRECTORY, name));
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
export async function replayFile(path: string, scripts: Scripts): Promise<ReplayOutcome> {
  const transcript = read(path);
  const { provider, scenario } = transcript.header;
  const fixture = scripts.get(`${provider}/${scenario}`);
  if (!fixture) {
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

/** How the adapters are told to start a provider when these transcripts are replayed. */
const COMMANDS: Readonly<Record<Provider, (fixture: Fixture<Settings>) => ReplayCommand>> = {
  codex: () => ({ file: 'codex', args: ['app-server'], env: { HOME: '/home/dev', CODEX_HOME: '/home/dev/.codex' } }),
  claude: ({ settings }) => ({
    file: 'claude',
    args: ['--model=claude-sonnet-4-5', '--permission-mode=default'],
    env: { HOME: '/home/dev', CLAUDE_CODE_MAX_RETRIES: String(settings?.retries ?? 0) },
  }),
};

function read(path: string): Transcript {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new InputError(`${path}: cannot be read: ${ioReason(error)}; give the path of a transcript (*.ndjson)`);
  }
  const result = readTranscript(bytes, shown(path));
  if (!result.ok) {
    const first = result.errors.map(formatTranscriptError).slice(0, 5);
    throw new InputError(`not a transcript:\n${first.join('\n')}\nCorrect the lines, or record it again.`);
  }
  return result.transcript;
}
