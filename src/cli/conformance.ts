/** `npm run conformance`: what tmux was recorded to do, against the model and against the installed tmux. */
import { FakeArm } from './conformance/fake-arm.ts';
import { RealArm, whyNotReal } from './conformance/real-arm.ts';
import { describe, type Report, readTable, runSections, SECTIONS } from './conformance/run.ts';

const table = readTable();

/** Prints the differences and a line of summary. Returns whether there are none. */
function print(name: string, { played, differences }: Report, startedAt: number): boolean {
  for (const difference of differences) process.stdout.write(`${name}: ${describe(difference)}`);
  const unplayed = [...table.keys()].filter((each) => !played.includes(each));
  for (const each of unplayed) process.stdout.write(`${name}: skipped ${each}: it needs to be run as root\n`);
  const equal = played.length - differences.length;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${name}: ${equal} of ${table.size} cases as recorded, ${differences.length} differ, `);
  process.stdout.write(`${unplayed.length} skipped (${seconds} s)\n`);
  return differences.length === 0;
}

let fine = true;
const fakeStart = performance.now();
const fake = await runSections(SECTIONS, () => new FakeArm(), table);
fine = print('model', fake, fakeStart) && fake.played.length === table.size;

const reason = whyNotReal();
if (reason !== null) process.stdout.write(`installed tmux: skipped, ${reason}\n`);
else {
  const realStart = performance.now();
  fine = print('installed tmux', await runSections(SECTIONS, () => new RealArm(), table, 3), realStart) && fine;
}
process.exitCode = fine ? 0 : 1;
