/** A duration or a point of virtual time for people: `0 ms`, `850 ms`, `1.2 s`, `125 s`. */
export function spoken(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${ms} ms`;
  return `${Number((ms / 1_000).toFixed(3))} s`;
}

/** A whole number with thousands separators, the same on every machine: `12,345`. */
export function grouped(value: number): string {
  const digits = String(Math.abs(Math.round(value)));
  return (value < 0 ? '-' : '') + digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 run`, `2 runs`, `1,200 runs`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** `1st`, `2nd`, `3rd`, `11th`, … */
export function ordinal(value: number): string {
  const tens = value % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${grouped(value)}${suffix}`;
}

/** A long stretch of virtual time: `45 s`, `12 minutes`, `3.4 hours`, `2.1 days`. */
export function longSpoken(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
  ] as const;
  for (const [name, size] of units) if (ms >= 2 * size) return `${Number((ms / size).toFixed(1))} ${name}`;
  return spoken(ms);
}
