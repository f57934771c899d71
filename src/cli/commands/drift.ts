import { join } from 'node:path';
import type { ProviderName } from '../../host/providers.ts';
import type { Transcript } from '../../transcript/format.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import { type Command, type Given, textOption } from '../command.ts';
import { SEVERITIES, type Severity } from '../drift/finding.ts';
import { lookForDrift } from '../drift/look.ts';
import { asJson, asText, exitCode, type Verdict } from '../drift/print.ts';
import { CannotLookError, subjectOf } from '../drift/subject.ts';
import { InputError, UsageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { Progress } from '../progress.ts';
import { MAX_LINE_OPTION, maxLineOf, readRecording } from '../reading.ts';
import { loadScripts, ownTranscripts } from '../replay.ts';

/** No drift was seen, but not everything could be looked at. */
const COULD_NOT_LOOK = 3;

export const driftCommand: Command = {
  name: 'drift',
  summary: 'Says whether recordings still tell the truth about a version of a provider.',
  operands: 'codex|claude [FILE…]',
  count: [1, Number.POSITIVE_INFINITY],
  options: {
    with: { value: 'VERSION|PATH', help: 'the version to look at (required): an installed one, or a program' },
    'fail-on': {
      value: 'LEVEL',
      help: 'breaking, dangerous, minor or info: what exit code 1 takes (default: dangerous)',
    },
    keep: { value: 'DIR', help: 'write what was said this time to DIR, as transcripts' },
    'max-line': MAX_LINE_OPTION,
    all: { help: 'list changed words and versions, too' },
    json: { help: 'print one JSON document' },
  },
  details: [
    'Has every recorded conversation again with the real program: the client and the model say what was recorded, and what',
    'the program does otherwise is drift. For codex the schemas that both versions print are compared, too. Only what the',
    "core's adapters send or read and what stands in the recordings counts. Without FILE: all recordings of this package.",
    '',
    'The program runs in a network namespace with nothing but loopback, with a home of its own; nothing is installed. For',
    "another version run 'npm run providers -- codex@VERSION' first (REPRISE_PROVIDERS chooses the folder). With the",
    'recorded version installed as well, new and optional fields of the schema are seen.',
    '',
    'breaking   the adapters cannot do their work: what they send or read is gone, the conversation stops',
    'dangerous  a recording says what is no longer true, or the adapters meet what they were never tested with',
    'minor      nothing recorded is wrong, there is more now, or a value that nobody reads is another',
    'info       words, versions, stderr',
    '',
    'Exit code 0: no drift of that level; 1: drift; 2: bad usage or input; 3: could not look (the program is missing or does',
    'not run, no namespace is allowed here, the schema is not printed) and what could be looked at shows no drift.',
  ].join('\n'),
  async run(io, given) {
    const [name, ...files] = given.positionals;
    const provider = providerOf(name!);
    const failOn = levelOf(given);
    const version = textOption(given, 'with');
    if (version === undefined) throw new UsageError('say which version to look at: --with VERSION', 'drift');
    const transcripts = (
      files.length > 0 ? files : ownTranscripts().filter((file) => file.includes(join('transcripts', provider)))
    ).map((file) => read(file, provider, { maxLine: maxLineOf('drift', given) }));
    try {
      const verdict = await look(io, {
        provider,
        version,
        failOn,
        transcripts,
        keep: textOption(given, 'keep') ?? null,
      });
      io.out(given.values.json ? asJson(verdict) : asText(verdict, given.values.all === true));
      return exitCode(verdict);
    } catch (error) {
      if (!(error instanceof CannotLookError)) throw error;
      if (given.values.json)
        io.out(
          JSON.stringify({ format: 1, provider, exitCode: COULD_NOT_LOOK, notLookedAt: [error.message] }, null, 2),
        );
      else io.note(`reprise drift: could not look: ${error.message}`);
      return COULD_NOT_LOOK;
    }
  },
};

interface Asked {
  readonly provider: ProviderName;
  readonly version: string;
  readonly failOn: Severity;
  readonly transcripts: readonly Transcript[];
  readonly keep: string | null;
}

async function look(io: Io, { provider, version, failOn, transcripts, keep }: Asked): Promise<Verdict> {
  const subject = await subjectOf(provider, version);
  const progress = new Progress(io, `${provider} ${subject.version}`, transcripts.length);
  try {
    const scripts = await loadScripts();
    const found = await lookForDrift({
      provider,
      subject,
      transcripts,
      scripts,
      keep,
      progress: (done, what) => progress.at(done, what),
    });
    const recorded = [...new Set(transcripts.map(({ header }) => header.providerVersion))].sort();
    return { provider, recorded, with: subject.version, recordings: transcripts.length, failOn, look: found };
  } finally {
    progress.end();
  }
}

function providerOf(name: string): ProviderName {
  if (name === 'codex' || name === 'claude') return name;
  throw new UsageError(`'${name}' is no provider; say codex or claude`, 'drift');
}

function levelOf(given: Given): Severity {
  const text = textOption(given, 'fail-on') ?? 'dangerous';
  const level = SEVERITIES.find((one) => one === text);
  if (level) return level;
  throw new UsageError(`--fail-on must be one of ${SEVERITIES.join(', ')}, not '${text}'`, 'drift');
}

function read(file: string, provider: ProviderName, options: ReadOptions): Transcript {
  const transcript = readRecording(file, options);
  if (transcript.header.provider === provider) return transcript;
  throw new InputError(`${file}:1: a recording of ${transcript.header.provider}, not of ${provider}; leave it out`);
}
