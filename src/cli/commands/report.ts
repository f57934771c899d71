import { runHtml } from '../../report/html.ts';
import { type Command, textOption } from '../command.ts';
import { InputError, UsageError } from '../errors.ts';
import { reportedRun, reproCommand } from '../findings.ts';
import { shown, writeText } from '../io.ts';
import { rerun } from '../rerun.ts';

export const reportCommand: Command = {
  name: 'report',
  summary: 'Draws the space-time view of a scenario or a repro file as one HTML page that needs nothing else.',
  operands: 'FILE',
  count: [1, 1],
  options: {
    html: { value: 'OUT', help: 'where to write the page (required)' },
    dir: { value: 'D', help: 'where the known bug is that the file names (default: those of this package)' },
  },
  details: 'The same file gives the same bytes.',
  async run(io, given) {
    const path = given.positionals[0]!;
    const out = textOption(given, 'html');
    const dir = textOption(given, 'dir');
    if (out === undefined) throw new UsageError('say where to write the page: --html OUT', 'report');
    const { file, canary, result, replays, divergence } = await rerun(path, dir);
    if (divergence !== null)
      throw new InputError(`${path}: its runs differ, so there is nothing to draw; see 'reprise repro'`);
    const command = reproCommand(path, dir);
    writeText(out, runHtml(reportedRun({ scenario: file.scenario, result, command, replays, found: null, canary })));
    io.out(shown(out));
    return 0;
  },
};
