import { failureText } from '../../report/text.ts';
import { counted, spoken } from '../../report/time.ts';
import { scenarioSize } from '../../scenario/scenario.ts';
import { type Command, textOption } from '../command.ts';
import { reportedRun, reproCommand } from '../findings.ts';
import { type Rerun, rerun } from '../rerun.ts';

export const reproCommandLine: Command = {
  name: 'repro',
  summary: 'Runs a scenario or a repro file, four times, and reports what it breaks.',
  operands: 'FILE',
  count: [1, 1],
  options: {
    dir: { value: 'D', help: 'where the known bug is that the file names (default: those of this package)' },
    json: { help: 'print one JSON document' },
  },
  details: 'Exit code 0: no rule was broken (any more); 1: a rule was broken, or the runs differed.',
  async run(io, given) {
    const path = given.positionals[0]!;
    const dir = textOption(given, 'dir');
    const again = await rerun(path, dir);
    const { violation } = again.result;
    if (given.values.json) io.out(JSON.stringify(json(path, again), null, 2));
    else io.out(text(path, dir, again));
    return violation || again.divergence ? 1 : 0;
  },
};

function text(path: string, dir: string | undefined, { file, canary, result, replays, divergence }: Rerun): string {
  if (divergence !== null)
    return `${path}: the same scenario does not give the same run, which must not happen:\n${divergence}`;
  const { scenario } = file;
  if (!result.violation) {
    const expected =
      file.rule === null ? '' : ` It used to break ${file.rule}: that is mended, or needs another scenario by now.`;
    const what = `${counted(scenarioSize(scenario), 'step, fault or choice', 'steps, faults and choices')}, ${counted(result.events, 'event')}, ${spoken(result.virtualMs)} of virtual time`;
    return `${path}: no rule is broken (${what}; replayed ${replays}/${replays} with trace hash ${result.hash}).${expected}`;
  }
  const command = reproCommand(path, dir);
  const notes = [
    ...(file.rule === null || file.rule === result.violation.rule.id
      ? []
      : [`The file says that ${file.rule} breaks.`]),
    ...(file.hash === null || file.hash === result.hash
      ? []
      : [`The file was written for trace hash ${file.hash}: core or simulation have changed since.`]),
  ];
  const report = failureText({
    ...reportedRun({ scenario, result, command, replays, found: null, canary }),
    violation: result.violation,
  });
  return [report, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

function json(path: string, { file, result, replays, divergence }: Rerun) {
  return {
    file: path,
    canary: file.canary,
    expectedRule: file.rule,
    violation: result.violation,
    asExpected: (result.violation?.rule.id ?? null) === file.rule,
    hash: result.hash,
    sameHashAsFile: file.hash === null ? null : result.hash === file.hash,
    replays,
    divergence,
    events: result.events,
    virtualMs: result.virtualMs,
    unfired: result.unfired,
    scenario: file.scenario,
  };
}
