/** Checks committed transcripts: what must not be in a public file, and what would make one useless. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { applyRules } from './lint-rules.ts';
import { readTranscript } from './read.ts';
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

export interface LintOptions {
  /** Knows the credentials of this machine; default: by format and name only. */
  readonly redactor?: Redactor;
}

/** Findings in every `*.ndjson` under `dir`, by file and line. Throws when the folder cannot be read. */
export function lintTranscripts(dir: string, options: LintOptions = {}): LintFinding[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
  const transcripts = files.filter((file) => file.endsWith('.ndjson'));
  const strays = files
    .filter((file) => file.endsWith('.partial'))
    .map((file) =>
      finding(join(dir, file), 1, 'stray-file', 'left behind by a recording that did not end', 'delete it'),
    );
  if (transcripts.length === 0)
    return [finding(dir, 1, 'empty', 'holds no transcripts (*.ndjson)', 'check the path'), ...strays];
  return [
    ...transcripts.flatMap((file) => lintTranscript(readFileSync(join(dir, file)), join(dir, file), options)),
    ...strays,
  ];
}

/** Findings in one file. */
export function lintTranscript(bytes: Uint8Array | string, fileName: string, options: LintOptions = {}): LintFinding[] {
  const read = readTranscript(bytes, fileName);
  if (!read.ok) {
    return read.errors.map((error) =>
      finding(
        fileName,
        error.line,
        `read-${error.code}`,
        `column ${error.column}: ${error.message}`,
        'correct the line',
      ),
    );
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
  return found.sort((a, b) => a.line - b.line);
}

function finding(file: string, line: number, rule: string, message: string, fix: string): LintFinding {
  return { file, line, rule, message, fix };
}

/** `file:line: [rule] message (fix)`, one finding a line. */
export function formatFinding({ file, line, rule, message, fix }: LintFinding): string {
  return `${file}:${line}: [${rule}] ${message}; ${fix}`;
}
