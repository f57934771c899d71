import { join } from 'node:path';
import { counted } from '../../report/time.ts';
import { formatFinding, type LintFinding, type LintOptions, lintTranscripts } from '../../transcript/lint.ts';
import { type Command, type Given, textOption } from '../command.ts';
import { InputError, ioReason, UsageError } from '../errors.ts';
import { shown } from '../io.ts';
import { PACKAGE_ROOT } from '../package.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { redactorOfThisMachine, today } from '../recording/machine.ts';

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Checks transcripts for what must not be in a public file and for what would make one useless.',
  operands: '[PATH…]',
  count: [0, Number.POSITIVE_INFINITY],
  options: {
    'max-age': { value: 'DAYS', help: 'what was recorded longer ago is a finding (180d)' },
    current: {
      value: 'LIST',
      help: 'what was recorded with other versions is a finding (codex=0.170.0,claude=2.1.330)',
    },
    warn: {
      value: 'RULES',
      help: 'findings of these rules are told, but no reason for exit code 1 (expired,other-version)',
    },
    'max-line': MAX_LINE_OPTION,
    json: { help: 'print one JSON document' },
  },
  details:
    'PATH is a file, or a folder: then every *.ndjson below it is looked at (default: the transcripts of this package). The\ncredentials, names and home of this machine count as secrets. Exit code 0: nothing found; 1: something was.',
  async run(io, given) {
    const paths = given.positionals.length > 0 ? given.positionals : [join(PACKAGE_ROOT, 'transcripts')];
    const options = optionsOf(given);
    const findings = paths.flatMap((path) => lint(path, options));
    const warn = new Set((textOption(given, 'warn') ?? '').split(',').filter((rule) => rule !== ''));
    if (given.values.json) io.out(JSON.stringify({ paths: paths.map(shown), findings }, null, 2));
    else {
      for (const finding of findings) io.out(formatFinding({ ...finding, file: shown(finding.file) }));
      const where = paths.map(shown).join(', ');
      io.out(findings.length === 0 ? `${where}: nothing to complain of` : counted(findings.length, 'finding'));
    }
    return findings.every(({ rule }) => warn.has(rule)) ? 0 : 1;
  },
};

/** Throws {@link UsageError}. */
function optionsOf(given: Given): LintOptions {
  const age = textOption(given, 'max-age');
  const days = age === undefined ? null : /^(\d{1,6})d?$/.exec(age)?.[1];
  if (days === undefined) throw new UsageError(`--max-age must be a number of days such as 180d, not '${age}'`, 'lint');
  const current = (textOption(given, 'current') ?? '').split(',').filter((entry) => entry !== '');
  const versions = current.map((entry) => {
    const [, provider, version] = /^(codex|claude|ndjson|tmux|zellij|herdr)=(\S+)$/.exec(entry) ?? [];
    if (provider === undefined || version === undefined) {
      throw new UsageError(`--current must be a list such as codex=0.170.0,claude=2.1.330, not '${entry}'`, 'lint');
    }
    return [provider, version] as const;
  });
  return {
    redactor: redactorOfThisMachine(),
    maxLine: maxLineOf('lint', given),
    ...(days === null ? {} : { maxAge: { days: Number(days), today: today() } }),
    ...(versions.length === 0 ? {} : { current: Object.fromEntries(versions) }),
  };
}

function lint(path: string, options: LintOptions): LintFinding[] {
  try {
    return lintTranscripts(path, options);
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read: ${ioReason(error)}; give a transcript (*.ndjson) or a folder of them`,
    );
  }
}
