import { UnmodelledError } from '../unmodelled.ts';

/**
 * Splits command text in tmux's own language (a configuration file, an argument of `if-shell`) into words, with `;` as
 * a word of its own and `\n` for the end of a line. Only plain words and quoted strings are known.
 */
export function commandWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  const finish = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === ' ' || character === '\t') finish();
    else if (character === ';' || character === '\n') {
      finish();
      words.push(character);
    } else if (character === '#' && word === null) {
      const end = text.indexOf('\n', index);
      if (end < 0) break;
      index = end - 1;
    } else if (character === "'" || character === '"') {
      const end = closingQuote(text, index);
      const body = text.slice(index + 1, end);
      if (character === '"' && /[$\\]/.test(body))
        throw new UnmodelledError('tmux', `expansion in ${JSON.stringify(body)}`);
      word = (word ?? '') + body;
      index = end;
    } else if (/[\\${}~%]/.test(character) && (word === null || /[\\$]/.test(character))) {
      throw new UnmodelledError('tmux', `${character} in command text ${JSON.stringify(text)}`);
    } else word = (word ?? '') + character;
  }
  finish();
  return words;
}

function closingQuote(text: string, start: number): number {
  const end = text.indexOf(text[start]!, start + 1);
  if (end < 0) throw new UnmodelledError('tmux', `unterminated string in command text ${JSON.stringify(text)}`);
  return end;
}
