import type { GoalResult, RowResult, Spread } from './measure.ts';
import type { Unit } from './row.ts';

/** A row's results as lines for people. */
export function formatRow(result: RowResult): string {
  const names = result.mechanisms.map(({ mechanism }) => mechanism.length);
  const width = Math.max(...names);
  const lines = [`${result.title} (${result.rounds} rounds)`];
  for (const { mechanism, perSecond, ratio, notes } of result.mechanisms) {
    const range = `${rate(perSecond.min)} to ${rate(perSecond.max)}`;
    const cells = [
      mechanism.padEnd(width),
      `${rate(perSecond.median)} ${result.unit[1]}/s`,
      factors(ratio),
      `(${range})`,
    ];
    lines.push(`  ${cells.join('  ')}`, ...notes.map((note) => `    ${note}`));
  }
  for (const goal of result.goals) lines.push(`  goal: ${formatGoal(goal, result.unit)}`);
  return lines.join('\n');
}

function formatGoal({ goal, value, reached }: GoalResult, [one, many]: Unit): string {
  const verdict = reached ? 'reached' : 'MISSED';
  switch (goal.kind) {
    case 'faster':
      return `${goal.mechanism} at least ${goal.factor}x ${goal.than}; ${digits(value)}x: ${verdict}`;
    case 'within':
      return `${goal.mechanism}: at most ${goal.msPerUnit} ms a ${one}; ${digits(value)} ms: ${verdict}`;
    case 'rate':
      return `${goal.mechanism}: at least ${rate(goal.perSecond).trim()} ${many}/s; ${rate(value).trim()}: ${verdict}`;
  }
}

function factors({ median }: Spread): string {
  return `${digits(median)}x`.padStart(8);
}

function rate(perSecond: number): string {
  if (perSecond >= 999_500) return `${digits(perSecond / 1e6)} M`.padStart(7);
  if (perSecond >= 1_000) return `${digits(perSecond / 1e3)} k`.padStart(7);
  return digits(perSecond).padStart(7);
}

/** Three significant digits. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
