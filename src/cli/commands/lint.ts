import { join } from 'node:path';
import { counted } from '../../report/time.ts';
import { formatFinding, type LintFinding, lintTranscripts } from '../../transcript/lint.ts';
import type { Command } from '../command.ts';
import { InputError, ioReason } from '../errors.ts';
import { shown } from '../io.ts';
import { PACKAGE_ROOT } from '../package.ts';
import { redactorOfThisMachine } from '../recording/machine.ts';

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Checks transcripts for what must not be in a public file and for what would make one useless.',
  operands: '[DIR]',
  count: [0, 1],
  options: { json: { help: 'print one JSON document' } },
  details:
    'Looks at every *.ndjson below DIR (default: the transcripts of this package). The credentials, names and home\nof this machine count as secrets. Exit code 0: nothing found; 1: something was.',
  async run(io, given) {
    const dir = given.positionals[0] ?? join(PACKAGE_ROOT, 'transcripts');
    const findings = lint(dir);
    if (given.values.json) io.out(JSON.stringify({ dir: shown(dir), findings }, null, 2));
    else {
      for (const finding of findings) io.out(formatFinding({ ...finding, file: shown(finding.file) }));
      io.out(findings.length === 0 ? `${shown(dir)}: nothing to complain of` : counted(findings.length, 'finding'));
    }
    return findings.length === 0 ? 0 : 1;
  },
};

function lint(dir: string): LintFinding[] {
  try {
    return lintTranscripts(dir, { redactor: redactorOfThisMachine() });
  } catch (error) {
    throw new InputError(`${dir}: cannot be read: ${ioReason(error)}; give a directory with transcripts (*.ndjson)`);
  }
}
