/** Rules for one transcript that was read; each says what is wrong in which record, and how to mend it. */
import { elide } from './elide.ts';
import type { FrameRecord, Json, LaneRecord, Transcript } from './format.ts';
import { isClientAct } from './format.ts';
import { asMatcher, canonical, eachString, isArray, isObject } from './json.ts';
import { checkOrder, identitiesOf } from './order.ts';
import { profileOf } from './profiles.ts';
import type { Redactor } from './redact.ts';
import { countRedactions } from './redact.ts';
import { textsOf } from './seal.ts';
import { selfReplay } from './self-replay.ts';
import { secretsInStreams } from './streams.ts';
import { wholeSymbol } from './symbols.ts';

export interface RuleFinding {
  /** Index of the record; -1 is the header. */
  readonly index: number;
  readonly rule: string;
  readonly message: string;
  readonly fix: string;
}

type Rule = (transcript: Transcript, redactor: Redactor) => RuleFinding[];

/** No frame of a fixture needs a longer text of its own. */
const LONG_TEXT = 4_000;

/** What all rules find, in file order. */
export function applyRules(transcript: Transcript, redactor: Redactor): RuleFinding[] {
  return RULES.flatMap((rule) => rule(transcript, redactor)).sort((a, b) => a.index - b.index);
}

/** Findings of `check` for every record. */
const perRecord =
  (check: (record: LaneRecord, transcript: Transcript, redactor: Redactor) => Omit<RuleFinding, 'index'>[]): Rule =>
  (transcript, redactor) =>
    transcript.records.flatMap((record, index) =>
      check(record, transcript, redactor).map((found) => ({ index, ...found })),
    );

const order: Rule = ({ records }) =>
  checkOrder(records).map(({ index, rule, message }) => ({
    index,
    rule,
    message,
    fix: 'put the record where it can happen, or correct its "id", "after" or "unordered"',
  }));

const secrets = perRecord((record, _transcript, redactor) =>
  [...new Set([...redactor.secretsInJson(record as unknown as Json), ...secretArguments(record, redactor)])].map(
    (kind) => ({
      rule: 'secret',
      message: `holds a credential (${kind})`,
      fix: 'revoke it if it is real, then record again: the recorder replaces it by <secret:…>',
    }),
  ),
);

function secretArguments(record: LaneRecord, redactor: Redactor): string[] {
  if (record.type !== 'spawn' && record.type !== 'exec') return [];
  return redactor.args(record.args).some((arg, i) => arg !== record.args[i]) ? ['argument'] : [];
}

const headerSecrets: Rule = ({ header }, redactor) =>
  [...new Set(redactor.secretsInJson(header as unknown as Json))].map((kind) => ({
    index: -1,
    rule: 'secret',
    message: `holds a credential (${kind})`,
    fix: 'revoke it if it is real, then take it out',
  }));

/** A credential of which each frame or chunk has a part. */
const streamedSecrets: Rule = ({ records }, redactor) => {
  if (records.some((record) => redactor.secretsInJson(record as unknown as Json).length > 0)) return [];
  return [...new Set(secretsInStreams(records, redactor))].map((kind) => ({
    index: -1,
    rule: 'secret',
    message: `holds a credential (${kind}) in pieces that were streamed one after the other`,
    fix: 'revoke it if it is real, then record again: the recorder replaces it by <secret:…>',
  }));
};

/** Mail addresses and accounts; with the redactor of a machine its home, host and user, too. */
const personal = perRecord((record, _transcript, redactor) =>
  redactor.marksInJson(record as unknown as Json).map((kind) => ({
    rule: 'personal',
    message: `names ${kind === 'email' ? 'a mail address' : kind === 'account' ? 'an account' : `the ${kind} of this machine`}`,
    fix: `write <${kind}>, or record again: the recorder does`,
  })),
);

/** Folders that differ from machine to machine; what the provider itself always puts in `/tmp` is not of the machine. */
const MACHINE_PATH =
  /(?<![\w.>-])(?:\/(?:home|Users|root|tmp|private|var\/folders|work|mnt|media)\/(?!claude-<|cc-socks\/)[^\s"'<>]*|[A-Z]:\\Users\\\S*)/;
const paths = perRecord((record) =>
  matches(record, MACHINE_PATH, ['agentPath']).map((path) => ({
    rule: 'machine-path',
    message: `holds the path ${path} of a machine`,
    fix: 'give the path a name when recording (places.paths), so that it becomes <path:…>',
  })),
);

const UUID = /(?<![0-9a-fA-F])(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-fA-F])/;
const rawIds = perRecord((record) =>
  matches(record, UUID).map((id) => ({
    rule: 'raw-id',
    message: `holds the id ${id}, which differs from run to run`,
    fix: "add its field to the provider's profile, or write a symbol such as <uuid:1>",
  })),
);

const ISO_TIME = /20\d\d-[01]\d-[0-3]\dT[0-2]\d:\d\d/;
const rawTimes = perRecord((record) => {
  const body = record.type === 'frame' ? record.body : undefined;
  const epochs = body === undefined ? [] : numbersIn(body).filter((n) => n > 1.5e12 && n < 3e12);
  return [...matches(record, ISO_TIME), ...epochs.map(String)].map((time) => ({
    rule: 'raw-time',
    message: `holds the time ${time}`,
    fix: "add its field to the provider's profile, or write <ms>, <s> or <iso>",
  }));
});

const prose = perRecord((record, transcript) => {
  const profile = profileOf(transcript.header.provider);
  const found: Omit<RuleFinding, 'index'>[] = [];
  const dir = record.type === 'http' ? 'http' : record.type === 'frame' ? record.dir : null;
  const body = record.type === 'http' ? record.request.body : record.type === 'frame' ? record.body : undefined;
  if (profile === null || dir === null || body === undefined) return found;
  if (canonical(elide(profile, dir, body)) !== canonical(body)) {
    found.push({
      rule: 'prose',
      message: "holds the provider's own prose",
      fix: 'record again, or replace it by {"$elided":…}',
    });
  }
  eachString(body, (text) => {
    if (text.length <= LONG_TEXT) return;
    const message = `holds a text of ${text.length} characters, more than ${LONG_TEXT}`;
    found.push({ rule: 'long-text', message, fix: 'elide it, or let the scenario use a shorter one' });
  });
  return found;
});

/** Kinds that only the provider can name. */
const PROVIDERS_OWN = new Set(['turn', 'item', 'control', 'srv', 'task']);
const neverCaptured: Rule = ({ records }) => {
  const named = new Set<string>();
  return records.flatMap((record, index) => {
    if (record.type !== 'frame') return [];
    return identitiesOf(record).flatMap((symbol) => {
      const kind = wholeSymbol(symbol)?.kind ?? '';
      const unheard = !named.has(symbol) && isClientAct(record) && PROVIDERS_OWN.has(kind);
      named.add(symbol);
      if (!unheard) return [];
      const message = `the client sends ${symbol}, which the provider has not named before`;
      return [
        { index, rule: 'never-captured', message, fix: 'correct the symbol, or restore the frame that names it' },
      ];
    });
  });
};

const MISTYPED = /<(?!lt>)[a-z]+:[A-Za-z0-9_.-]+>/g;
const unknownSymbols = perRecord((record) => {
  if (record.type !== 'frame') return [];
  return textsOf(record)
    .flatMap((text) => text.match(MISTYPED) ?? [])
    .filter((token) => wholeSymbol(token) === null)
    .map((token) => ({
      rule: 'unknown-symbol',
      message: `${token} is no known symbol`,
      fix: `correct it, or write <lt>${token.slice(1)} if it is text`,
    }));
});

const unwritable = perRecord((record) => {
  const provider =
    record.type === 'frame' && !isClientAct(record) && record.body !== undefined && hasChoice(record.body);
  const fix = 'write the value that the provider is to send, or a symbol';
  return provider
    ? [{ rule: 'unwritable', message: '$any and $pattern say what to accept, and this is to be written', fix }]
    : [];
});

const exits: Rule = ({ records }) =>
  [...new Set(records.filter((r) => r.type === 'spawn' && r.notStarted === undefined).map((r) => r.lane))]
    .filter((lane) => !records.some((r) => r.lane === lane && r.type === 'exit'))
    .map((lane) => ({
      index: records.findLastIndex((r) => r.lane === lane),
      rule: 'no-exit',
      message: `lane ${lane} has no exit record`,
      fix: 'record until the process has ended',
    }));

const redactions: Rule = ({ header, records }) => {
  const counted = countRedactions(records.flatMap(textsOf));
  if (canonical(counted) === canonical(header.redactions)) return [];
  const message = `"redactions" is ${JSON.stringify(header.redactions)}, but the file holds ${JSON.stringify(counted)}`;
  return [{ index: -1, rule: 'redaction-count', message, fix: `write "redactions":${JSON.stringify(counted)}` }];
};

const replays: Rule = (transcript) => {
  if (checkOrder(transcript.records).length > 0) return [];
  const failure = selfReplay(transcript);
  if (failure === null) return [];
  return [
    {
      index: failure.index,
      rule: 'replay',
      message: failure.message,
      fix: 'no client can replay this: correct the record or what it needs',
    },
  ];
};

const RULES: readonly Rule[] = [
  order,
  headerSecrets,
  secrets,
  streamedSecrets,
  personal,
  paths,
  rawIds,
  rawTimes,
  prose,
  neverCaptured,
  unknownSymbols,
  unwritable,
  exits,
  redactions,
  replays,
];

/** Each text of the record that matches, once, as the matching part. */
function matches(record: LaneRecord, pattern: RegExp, exceptKeys: readonly string[] = []): string[] {
  const found = new Set<string>();
  eachString(record as unknown as Json, (text, key) => {
    if (exceptKeys.includes(key)) return;
    const match = pattern.exec(text);
    if (match !== null) found.add(match[0]);
  });
  return [...found];
}

function numbersIn(value: Json): number[] {
  if (typeof value === 'number') return [value];
  if (isArray(value)) return value.flatMap(numbersIn);
  return isObject(value) ? Object.values(value).flatMap(numbersIn) : [];
}

function hasChoice(value: NonNullable<FrameRecord['body']> | Json): boolean {
  if (isArray(value)) return value.some(hasChoice);
  if (!isObject(value)) return false;
  const matcher = asMatcher(value);
  if (matcher !== null && '$literal' in matcher) return false;
  return (matcher !== null && ('$any' in matcher || '$pattern' in matcher)) || Object.values(value).some(hasChoice);
}
