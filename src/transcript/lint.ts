/** Checks committed transcripts: what must not be in a public file, and what would make one useless. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { HeaderRecord } from './format.ts';
import { applyRules } from './lint-rules.ts';
import { type ReadOptions, readTranscript } from './read.ts';
import { bytePlace } from './read-errors.ts';
import { Redactor } from './redact.ts';
import { serialiseRecord } from './write.ts';

export interface LintFinding {
  /** Path as given plus the path inside the folder. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Stable name of the rule. */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

export interface LintOptions extends ReadOptions {
  /** Knows the credentials of this machine; default: by format and name only. */
  readonly redactor?: Redactor;
  /** Recordings are to be no older. */
  readonly maxAge?: MaxAge;
  /** Versions of providers by name: recordings of other versions are told of. */
  readonly current?: Readonly<Record<string, string>>;
}

export interface MaxAge {
  readonly days: number;
  /** The day (UTC) from which is counted back, `2026-11-21`. */
  readonly today: string;
}

/** Findings in a file, or in every `*.ndjson` under a folder, by file and line. Throws when it cannot be read. */
export function lintTranscripts(path: string, options: LintOptions = {}): LintFinding[] {
  return statSync(path).isDirectory() ? lintFolder(path, options) : lintTranscript(readFileSync(path), path, options);
}

function lintFolder(dir: string, options: LintOptions): LintFinding[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
  const transcripts = files.filter((file) => file.endsWith('.ndjson'));
  const strays = files
    .filter((file) => file.endsWith('.partial'))
    .map((file) =>
      finding(join(dir, file), 1, 'stray-file', 'left behind by a recording that did not end', mendStray(file)),
    );
  if (transcripts.length === 0)
    return [finding(dir, 1, 'empty', 'holds no transcripts (*.ndjson)', 'check the path'), ...strays];
  return [
    ...transcripts.flatMap((file) => lintTranscript(readFileSync(join(dir, file)), join(dir, file), options)),
    ...strays,
  ];
}

const mendStray = (file: string): string =>
  /(?<!\.new)\.partial$/.test(file) ? "'reprise record --recover' makes a transcript of it, or delete it" : 'delete it';

/** Findings in one file. */
export function lintTranscript(bytes: Uint8Array | string, fileName: string, options: LintOptions = {}): LintFinding[] {
  const read = readTranscript(bytes, fileName, options);
  if (!read.ok) {
    return read.errors.map((error) => {
      const message = `column ${error.column} (${bytePlace(error)}): ${error.message}`;
      return finding(fileName, error.line, `read-${error.code}`, message, 'correct the line');
    });
  }
  const { transcript } = read;
  const found: LintFinding[] = [];
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  const lines = text.split('\n');
  if (transcript.cut)
    found.push(finding(fileName, lines.length, 'cut', 'the last line is cut', 'delete it, or record again'));
  [transcript.header, ...transcript.records].forEach((record, i) => {
    const line = i === 0 ? lines.findIndex((l) => l.trim() !== '') + 1 : (transcript.lines[i - 1] ?? 1);
    if (lines[line - 1]?.replace(/^\uFEFF|\r$/g, '') === serialiseRecord(record)) return;
    found.push(
      finding(
        fileName,
        line,
        'form',
        'not written as the writer writes it',
        'keys in the order of the format, no spaces',
      ),
    );
  });
  if (basename(fileName) !== `${transcript.header.scenario}.ndjson`) {
    const message = `the scenario is called "${transcript.header.scenario}"`;
    found.push(finding(fileName, 1, 'file-name', message, `name the file ${transcript.header.scenario}.ndjson`));
  }
  for (const { index, rule, message, fix } of applyRules(transcript, options.redactor ?? new Redactor())) {
    found.push(finding(fileName, transcript.lines[index] ?? 1, rule, message, fix));
  }
  const headerLine = lines.findIndex((l) => l.trim() !== '') + 1;
  for (const { rule, message, fix } of ageFindings(transcript.header, options)) {
    found.push(finding(fileName, headerLine, rule, message, fix));
  }
  return found.sort((a, b) => a.line - b.line);
}

const DAY_MS = 86_400_000;

/** What is wrong with when and of what the recording is, in rules of their own. */
function ageFindings(
  { recorded, provider, providerVersion }: HeaderRecord,
  { maxAge, current }: LintOptions,
): { readonly rule: string; readonly message: string; readonly fix: string }[] {
  const found = [];
  if (maxAge !== undefined && recorded === undefined) {
    const message = 'the header has no "recorded", so its age is not known';
    found.push({
      rule: 'undated',
      message,
      fix: "record it again with 'reprise record --mode all --renew', or 'reprise shims --record'",
    });
  } else if (maxAge !== undefined && recorded !== undefined) {
    const age = Math.floor((Date.parse(maxAge.today) - Date.parse(recorded)) / DAY_MS);
    const message = `recorded ${age} days ago (${recorded}), more than ${maxAge.days}`;
    const fix = "see whether it still holds: 'reprise record --mode all --renew'";
    // A day that does not exist, such as 2026-02-31, has no age.
    if (!(age <= maxAge.days)) found.push({ rule: 'expired', message, fix });
  }
  const version = current !== undefined && Object.hasOwn(current, provider) ? current[provider] : undefined;
  if (version !== undefined && version !== providerVersion) {
    const message = `recorded with ${provider} ${providerVersion}, and ${version} is current`;
    found.push({ rule: 'other-version', message, fix: `record it again with ${provider} ${version}` });
  }
  return found;
}

function finding(file: string, line: number, rule: string, message: string, fix: string): LintFinding {
  return { file, line, rule, message, fix };
}

/** `file:line: [rule] message (fix)`, one finding a line. */
export function formatFinding({ file, line, rule, message, fix }: LintFinding): string {
  return `${file}:${line}: [${rule}] ${message}; ${fix}`;
}
