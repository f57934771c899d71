/** `npm run conformance`: what tmux was recorded to do, against the model and against the installed tmux. */
import type { Arm } from './conformance/arm.ts';
import { FakeArm } from './conformance/fake-arm.ts';
import { RealArm, whyNotReal } from './conformance/real-arm.ts';
import { describe, mainTable, moreTable, type Playing, REAL_PLAYING, recordMore, runTable } from './conformance/run.ts';

const USAGE = `usage: npm run conformance [-- --record]

Plays every recorded case on the simulated machine and, if tmux 3.3a is installed, on the real one, and prints each
difference.

  --record   play test/conformance/tmux-3.3a-more.ndjson on the installed tmux and write down what it does

exit code: 0 everything is as recorded, 1 something is not, 2 bad usage or tmux is missing for --record
`;

/** Prints the differences and a line of summary for each table. Returns whether there are none. */
async function check(name: string, makeArm: () => Arm, playing?: Playing): Promise<boolean> {
  let fine = true;
  for (const table of [mainTable(), moreTable()]) {
    const startedAt = performance.now();
    const { played, differences, unsteady } = await runTable(table, makeArm, playing);
    for (const difference of differences) process.stdout.write(`${name}: ${describe(difference)}`);
    for (const difference of unsteady) {
      process.stdout.write(`${name}: differed once, not when played again: ${describe(difference)}`);
    }
    const unplayed = [...table.rows.keys()].filter((each) => !played.includes(each));
    for (const each of unplayed) process.stdout.write(`${name}: skipped ${each}: it needs to be run as root\n`);
    const equal = played.length - differences.length;
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    process.stdout.write(`${name}, ${table.name}: ${equal} of ${table.rows.size} cases as recorded, `);
    process.stdout.write(`${differences.length} differ, ${unplayed.length} skipped (${seconds} s)\n`);
    fine &&= differences.length === 0;
  }
  return fine;
}

async function main(args: readonly string[]): Promise<number> {
  const reason = whyNotReal();
  if (args.length > 1 || (args.length === 1 && args[0] !== '--record')) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (args.length === 1) {
    if (reason === null) process.stdout.write(`${await recordMore(new RealArm())} cases recorded\n`);
    else process.stderr.write(`nothing was recorded: ${reason}\n`);
    return reason === null ? 0 : 2;
  }
  const model = await check('model', () => new FakeArm());
  if (reason !== null) {
    process.stdout.write(`installed tmux: skipped, ${reason}\n`);
    return model ? 0 : 1;
  }
  const real = await check('installed tmux', () => new RealArm(), REAL_PLAYING);
  return model && real ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
