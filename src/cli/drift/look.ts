/** Looks for drift: the schema that a version prints, and every recorded conversation had again with it. */
import { join } from 'node:path';
import { printCodexSchema, schemaBundle } from '../../host/codex-schema.ts';
import { findProvider, type ProviderName, providersFolder } from '../../host/providers.ts';
import type { Json, Transcript } from '../../transcript/format.ts';
import { claudeKit } from '../fixtures/claude-kit.ts';
import { codexKit } from '../fixtures/codex-kit.ts';
import type { RecordingKit } from '../fixtures/recording-kit.ts';
import { writeText } from '../io.ts';
import { ownTranscripts, replayFile, type Scripts } from '../replay.ts';
import { conversationDrift, kindsOf } from './conversation-diff.ts';
import { type Finding, keyOf, merge, type Observation } from './finding.ts';
import { haveAgain } from './have-again.ts';
import { ProtocolSchema } from './json-schema.ts';
import { observingReads, Reads } from './reads.ts';
import { methodsChanged, schemaDrift } from './schema-use.ts';
import { inNamespace, type Subject } from './subject.ts';

// biome-ignore lint/suspicious/noExplicitAny: a kit is only ever given the settings of its own provider's fixtures.
const KITS: Readonly<Record<ProviderName, RecordingKit<any>>> = { codex: codexKit, claude: claudeKit };

export interface LookOptions {
  readonly provider: ProviderName;
  readonly subject: Subject;
  readonly transcripts: readonly Transcript[];
  readonly scripts: Scripts;
  /** Folder for what was said this time, as transcripts. */
  readonly keep: string | null;
  readonly progress: (done: number, what: string) => void;
}

export interface Look {
  readonly findings: readonly Finding[];
  /** What could not be looked at, with the reason. */
  readonly blind: readonly string[];
  /** What limits the meaning of the findings, or explains them. */
  readonly notes: readonly string[];
  /** Methods that nobody here uses count for nothing, but may be of interest; null where no two schemas were there. */
  readonly methods: { readonly added: readonly string[]; readonly removed: readonly string[] } | null;
}

export async function lookForDrift(options: LookOptions): Promise<Look> {
  const blind: string[] = [];
  const notes: string[] = [];
  const reads = await measureReads(options, notes);
  const schema = await lookAtSchema(options, reads, blind, notes);
  const seen = await lookAtConversations(options, reads, blind, notes);
  return { findings: merge([...schema.found, ...seen]), blind, notes, methods: schema.methods };
}

/** Has the package's own conversations with the adapters, in virtual time, and watches what these look at. */
async function measureReads({ provider, scripts }: LookOptions, notes: string[]): Promise<Reads> {
  const reads = new Reads();
  const watched: Scripts = new Map([...scripts].map(([name, script]) => [name, observingReads(script, reads)]));
  for (const file of ownTranscripts().filter((path) => path.includes(join('transcripts', provider)))) {
    const { scenario, difference } = await replayFile(file, watched);
    if (difference !== null)
      notes.push(`what the adapters read is not known for all of ${scenario}: run 'reprise replay'`);
  }
  return reads;
}

async function lookAtSchema(
  { provider, subject, transcripts }: LookOptions,
  reads: Reads,
  blind: string[],
  notes: string[],
): Promise<{ readonly found: Observation[]; readonly methods: Look['methods'] }> {
  const nothing = { found: [], methods: null };
  if (provider !== 'codex') {
    notes.push(`${provider} prints no schema: only conversations are compared`);
    return nothing;
  }
  let now: ProtocolSchema;
  try {
    now = await schemaOf(subject.file);
  } catch (error) {
    blind.push(`schema of ${subject.version}: ${(error as Error).message}`);
    return nothing;
  }
  const found: Observation[] = [];
  let methods: Look['methods'] = null;
  for (const version of new Set(transcripts.map(({ header }) => header.providerVersion))) {
    const was = await recordedSchema(version, notes);
    const own = transcripts.filter(({ header }) => header.providerVersion === version);
    found.push(...schemaDrift(own, was, now, reads));
    if (was !== null) methods = methodsChanged(was, now);
  }
  return { found, methods };
}

async function recordedSchema(version: string, notes: string[]): Promise<ProtocolSchema | null> {
  const binary = findProvider('codex', providersFolder(), version);
  const limit = `the schema of the recorded ${version} is not there, so what is new or optional in the other one is not seen`;
  if (binary.kind === 'missing') {
    notes.push(`${limit}: ${binary.reason}`);
    return null;
  }
  try {
    return await schemaOf(binary.file);
  } catch (error) {
    notes.push(`${limit}: ${(error as Error).message}`);
    return null;
  }
}

function schemaOf(binary: string): Promise<ProtocolSchema> {
  return inNamespace(async (namespace) => {
    const files = await printCodexSchema(binary, (launch) => namespace.enter(launch));
    return new ProtocolSchema(schemaBundle(files) as Json);
  });
}

async function lookAtConversations(
  options: LookOptions,
  reads: Reads,
  blind: string[],
  notes: string[],
): Promise<Observation[]> {
  const { provider, transcripts, scripts, progress } = options;
  const known = new Set(transcripts.flatMap((transcript) => kindsOf(transcript, provider)));
  const found: Observation[] = [];
  for (const [done, recorded] of transcripts.entries()) {
    const { scenario } = recorded.header;
    progress(done, scenario);
    const script = scripts.get(`${provider}/${scenario}`);
    if (!script) notes.push(`${scenario}: no drive script says how it was set up; had with ${provider}'s own settings`);
    const once = async (): Promise<Observation[]> => {
      const setting = { kit: KITS[provider], binary: options.subject.file, version: options.subject.version };
      const { transcript: observed, text, stopped } = await haveAgain(recorded, { ...setting, fixture: script ?? {} });
      if (options.keep !== null) writeText(join(options.keep, `${scenario}.ndjson`), text);
      return conversationDrift({ provider, recorded, observed, stopped, reads, known });
    };
    try {
      found.push(...(await twice(once)));
    } catch (error) {
      blind.push(`${scenario}: ${(error as Error).message}`);
    }
  }
  return found;
}

/** What both of two looks show: what only one shows was chance. One that shows nothing is enough. */
export async function twice(look: () => Promise<Observation[]>): Promise<Observation[]> {
  const first = await look();
  if (first.length === 0) return first;
  const again = new Set((await look()).map(keyOf));
  return first.filter((observation) => again.has(keyOf(observation)));
}
