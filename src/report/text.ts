import type { Failure } from './failure.ts';
import { clipped, printable } from './gist.ts';
import { counted, spoken } from './time.ts';
import { timelineText } from './timeline.ts';
import { scenarioWords, wholeSentence } from './words.ts';

const MAX_LINES = 60;
const WIDTH = 118;
const MAX_SENTENCES = 18;
const MAX_UNFIRED = 3;

/**
 * The report on a failure for a terminal: at most 60 lines of at most 118 characters, except for the command, which is
 * never cut. `htmlPath` is where the page of the same run is, if there is one.
 */
export function failureText(failure: Failure, htmlPath: string | null = null): string {
  const { violation } = failure;
  const above = [...headline(failure), '', ...facts(failure, htmlPath), '', ...minimalRun(failure), ''];
  const below = [
    '',
    ...wrapped('Expected  ', printable(violation.expected)),
    ...wrapped('Seen      ', printable(violation.seen)),
  ];
  const room = MAX_LINES - above.length - below.length;
  return [...above, ...timelineText(failure, room, WIDTH), ...below].join('\n');
}

function headline({ violation, originMs }: Failure): string[] {
  const { rule, subject, time } = violation;
  const what = rule.kind === 'harness' ? 'The simulation itself failed' : `A ${rule.kind} rule is broken`;
  return [
    `${what}: ${rule.id}`,
    ...wrapped('  ', rule.sentence),
    clipped(`  Broken by ${printable(subject)} at ${spoken(time - originMs)}. (${rule.source})`, WIDTH),
  ];
}

function facts({ command, replays, result, found, canary, scenario }: Failure, htmlPath: string | null): string[] {
  const lines: string[] = [];
  if (canary) lines.push(...wrapped('Known bug    ', `${canary.id}, put into the core on purpose: ${canary.title}`));
  lines.push(`Replay       ${command}`);
  const sure = replays > 0 ? `replayed ${replays}/${replays} with` : 'not replayed yet;';
  lines.push(`Same run     ${sure} trace hash ${result.hash}`);
  if (found) {
    const size = scenario.steps.length + scenario.faults.length + scenario.choices.length;
    lines.push(
      ...wrapped(
        'Found        ',
        `in run ${found.runs} of seed ${found.seed}; ${counted(found.generatedSize, 'step, fault or choice', 'steps, faults and choices')} shrunk to ${size} in ${counted(found.shrinkRuns, 'run')}`,
      ),
    );
  }
  if (htmlPath !== null) lines.push(`Picture      ${htmlPath}`);
  return lines;
}

function minimalRun({ scenario, delaysMs, result }: Failure): string[] {
  const { setup, sentences } = scenarioWords(scenario, delaysMs);
  const lines = [...wrapped('What it takes: ', setup)];
  for (const sentence of sentences.slice(0, MAX_SENTENCES)) {
    lines.push(clipped(`  ${sentence.kind.padEnd(7)}${wholeSentence(sentence)}`, WIDTH));
  }
  if (sentences.length > MAX_SENTENCES) lines.push(`  and ${sentences.length - MAX_SENTENCES} more`);
  for (const line of result.unfired.slice(0, MAX_UNFIRED)) lines.push(clipped(`  without effect: ${line}`, WIDTH));
  lines.push(
    '  Everything else is default: nothing else goes wrong, ties are first come first served, latencies are usual.',
  );
  return lines;
}

/** `text` behind `label`, in at most three lines that are aligned behind the label. */
function wrapped(label: string, text: string): string[] {
  const room = WIDTH - label.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  const kept = lines.length <= 3 ? lines : [...lines.slice(0, 2), lines.slice(2).join(' ')];
  return kept.map((part, index) => (index === 0 ? label : ' '.repeat(label.length)) + clipped(part, room));
}
