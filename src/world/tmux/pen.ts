/** Attributes with which cells are drawn. Colours are the SGR parameters that set them, `''` for the default. */
export interface Pen {
  /** SGR codes of the attributes that are on, ascending. */
  readonly attributes: readonly number[];
  readonly foreground: string;
  readonly background: string;
}

export const PLAIN: Pen = { attributes: [], foreground: '', background: '' };

/** The SGR code that switches each attribute off. */
const OFF: Readonly<Record<number, readonly number[]>> = {
  22: [1, 2],
  23: [3],
  24: [4],
  25: [5],
  27: [7],
  28: [8],
  29: [9],
};

/** Applies one `CSI … m`. Returns null for a parameter that is not understood. */
export function applySgr(pen: Pen, parameters: readonly number[]): Pen | null {
  let { attributes, foreground, background } = pen;
  for (let index = 0; index < parameters.length; index++) {
    const code = parameters[index]!;
    const off = OFF[code];
    if (code === 0) ({ attributes, foreground, background } = PLAIN);
    else if (code >= 1 && code <= 9 && code !== 6) {
      if (!attributes.includes(code)) attributes = [...attributes, code].sort((a, b) => a - b);
    } else if (off) attributes = attributes.filter((each) => !off.includes(each));
    else if (code === 39) foreground = '';
    else if (code === 49) background = '';
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) foreground = String(code);
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) background = String(code);
    else if (code === 38 || code === 48) {
      const count = parameters[index + 1] === 5 ? 3 : parameters[index + 1] === 2 ? 5 : 0;
      if (count === 0 || index + count > parameters.length) return null;
      const colour = parameters.slice(index, index + count).join(';');
      if (code === 38) foreground = colour;
      else background = colour;
      index += count - 1;
    } else return null;
  }
  return { attributes, foreground, background };
}

/** The escape sequences by which `capture-pane -e` goes from one pen to the next. */
export function penChange(from: Pen, to: Pen): string {
  if (from === to) return '';
  const removed = from.attributes.some((each) => !to.attributes.includes(each));
  const before = removed ? PLAIN : from;
  const added = to.attributes.filter((each) => !before.attributes.includes(each));
  const codes = removed ? [0, ...added] : added;
  let out = codes.length > 0 ? `\u001b[${codes.join(';')}m` : '';
  // After switching attributes off both colours are written again, also the default ones.
  if (removed || to.foreground !== before.foreground) out += `\u001b[${to.foreground || '39'}m`;
  if (removed || to.background !== before.background) out += `\u001b[${to.background || '49'}m`;
  return out;
}
