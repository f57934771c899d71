const cache = new Map<string, RegExp>();

/** `fnmatch(3)` without flags: `*`, `?`, `[set]`, `\x`. */
export function fnmatch(pattern: string, text: string): boolean {
  let compiled = cache.get(pattern);
  if (!compiled) {
    if (cache.size > 500) cache.clear();
    compiled = compile(pattern);
    cache.set(pattern, compiled);
  }
  return compiled.test(text);
}

function compile(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '\\' && index + 1 < pattern.length) source += quoteLiteral(pattern[++index]!);
    else if (character === '[') {
      const end = pattern.indexOf(']', index + 2);
      if (end < 0) source += '\\[';
      else {
        const set = pattern
          .slice(index + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\');
        source += `[${set}]`;
        index = end;
      }
    } else source += quoteLiteral(character);
  }
  return new RegExp(`^${source}$`, 'su');
}

function quoteLiteral(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
