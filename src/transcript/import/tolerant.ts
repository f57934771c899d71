/** Makes foreign files fit for sealing: what a recording would know of the machine and of the provider has to be found in the text. */
import type { Json } from '../format.ts';
import { eachString, isObject } from '../json.ts';
import type { Places } from '../normalise.ts';
import { mapLeaves, type Profile } from '../profile.ts';
import type { RawRecord } from '../raw.ts';
import { parseJson } from './source.ts';

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/g;
const WHOLE_ISO = new RegExp(`^${ISO.source}$`);
/** A fixture needs no longer text of its own (the linter's limit). */
const LONG_TEXT = 4_000;

/**
 * The profile of a protocol for frames of any version and dialect: ids, times and long texts are seen wherever they stand. `ordered`: the
 * order between both sides is that of the file, see `Imported`.
 */
export function tolerantProfile(profile: Profile, log: readonly RawRecord[], ordered: boolean): Profile {
  const known = knownUuids(profile, log);
  const isStrange = (value: string): boolean => [...value.matchAll(UUIDS)].some(([uuid]) => !known.has(uuid));
  return {
    ...profile,
    identity: (leaf, value) =>
      // A wildcard stands for an id and is none.
      value === '<any>'
        ? null
        : (profile.identity(leaf, value) ?? (typeof value === 'string' && isStrange(value) ? 'uuid' : null)),
    volatile(leaf, value) {
      const known = profile.volatile(leaf, value);
      if (known !== null) return known;
      if (typeof value === 'string') return WHOLE_ISO.test(value) ? 'iso' : null;
      if (value <= 1.5e12 || value >= 3e12) return null;
      return Number.isInteger(value) ? 'ms' : 'n';
    },
    text: (leaf, text) => profile.text(leaf, text).replace(ISO, '<iso>'),
    prose: (leaf, value) =>
      profile.prose(leaf, value) ?? (typeof value === 'string' && value.length > LONG_TEXT ? 'stable' : null),
    ...(ordered
      ? { gate: () => null, scopes: () => [], wakes: () => true, unordered: () => [], floats: () => false }
      : {}),
  };
}

/** Uuids for which the profile itself has a kind, wherever it sees it. */
function knownUuids(profile: Profile, log: readonly RawRecord[]): Set<string> {
  const known = new Set<string>();
  for (const record of log) {
    if (record.k !== 'line') continue;
    mapLeaves(record.dir, jsonOf(record), (leaf, value) => {
      if (typeof value === 'string' && profile.identity(leaf, value) !== null) {
        for (const [uuid] of value.matchAll(UUIDS)) known.add(uuid);
      }
      return undefined;
    });
  }
  return known;
}

/** The first two parts of a path of a machine, or more where the first ones say nothing of it. */
const ROOT =
  /(?<![\w.>-])(?:\/(?:home|Users|tmp|work|mnt|media)\/[^\s"'<>/\\]+|\/private\/tmp\/[^\s"'<>/\\]+|(?:\/private)?\/var\/folders\/[^\s"'<>/\\]+\/[^\s"'<>/\\]+)/g;
const HOME = /^\/(?:home|Users)\/([^/]+)$/;

/** Marks of the machine on which a file was made. */
export interface Marks {
  readonly homes: readonly string[];
  readonly users: readonly string[];
  /** Further folders, under the names that they get in the transcript. */
  readonly paths: Readonly<Record<string, string>>;
}

/** Finds homes and other folders of a machine in everything that is going to be written. */
export function marksOf(log: readonly RawRecord[], places: Places): Marks {
  const known = Object.values(places.paths ?? {});
  const homes = new Set<string>();
  const paths: Record<string, string> = {};
  const visit = (text: string): void => {
    for (const [root] of text.matchAll(ROOT)) {
      if (HOME.test(root)) homes.add(root);
      else if (!known.includes(root) && !Object.values(paths).includes(root)) {
        paths[`p${Object.keys(paths).length + 1}`] = root;
      }
    }
  };
  for (const record of log) eachString(jsonOf(record), visit);
  return { homes: [...homes], users: [...homes].flatMap((home) => HOME.exec(home)?.[1] ?? []), paths };
}

/** The record with the JSON of its line in the place of its text. */
function jsonOf(record: RawRecord): Json {
  if (record.k !== 'line') return record as unknown as Json;
  const parsed = parseJson(record.text);
  return 'value' in parsed ? parsed.value : record.text;
}

/** The working directory that most lines of a file name, or null. */
export function commonest(texts: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  let best: string | null = null;
  for (const [text, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = text;
  return best;
}

/** Which provider the frames of a log look like; `ndjson` when they look like none that is known. */
export function speakerOf(bodies: readonly Json[]): 'codex' | 'claude' | 'ndjson' {
  for (const body of bodies) {
    if (!isObject(body)) continue;
    if (typeof body.method === 'string' && /^(?:thread|turn|item)\//.test(body.method)) return 'codex';
    if (
      typeof body.type === 'string' &&
      /^(?:control_request|control_response|assistant|stream_event)$/.test(body.type)
    ) {
      return 'claude';
    }
  }
  return 'ndjson';
}
