/**
 * Changes what a child writes to its stdout on its way to the daemon: gets a piece that it wrote, gives what is left of
 * it. For faults that no provider was seen to have, but pipes and wrappers around one can (facts/pairs-and-shared-client.md D).
 */
export type WireTap = (chunk: string) => string;

/** From now on nothing arrives after `lines` further lines, though the child goes on. */
export function muteAfter(lines: number): WireTap {
  let left = lines;
  return byLine((line) => (left-- > 0 ? line : ''));
}

/** Drops the next `count` lines that `matches` picks; `dropped` is told of each. */
export function dropping(matches: (line: string) => boolean, count: number, dropped: () => void): WireTap {
  let left = count;
  return byLine((line) => {
    if (left === 0 || !matches(line)) return line;
    left--;
    dropped();
    return '';
  });
}

/** Replaces the next line that `matches` picks. */
export function replacing(
  matches: (line: string) => boolean,
  replacement: (line: string) => string,
  replaced: () => void,
): WireTap {
  let done = false;
  return byLine((line) => {
    if (done || !matches(line)) return line;
    done = true;
    replaced();
    return replacement(line);
  });
}

/** The next line that `matches` picks is the last one: what `ending` leaves of it, and nothing after that. */
export function breakingOff(matches: (line: string) => boolean, ending: (line: string) => string): WireTap {
  let over = false;
  return byLine((line) => {
    if (over) return '';
    over = matches(line);
    return over ? ending(line) : line;
  });
}

/** `change` gets each whole line with its end; what has none is what another tap has left of one. */
function byLine(change: (line: string) => string): WireTap {
  return (chunk) =>
    chunk
      .split(/(?<=\n)/)
      .map((line) => (line.endsWith('\n') ? change(line) : line))
      .join('');
}
