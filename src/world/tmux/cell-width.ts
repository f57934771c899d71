const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

/** Columns that a character takes on a terminal: 0, 1 or 2. */
export function cellWidth(character: string): 0 | 1 | 2 {
  if (character.charCodeAt(0) < 0x300) return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** What a client without UTF-8 prints: `_` for each column of a character that is not printable ASCII. */
export function sanitizeUtf8(text: string): string {
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if ((code >= 0x20 && code < 0x7f) || character === '\n') out += character;
    else out += '_'.repeat(cellWidth(character));
  }
  return out;
}
