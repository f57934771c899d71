import { UnmodelledError } from '../unmodelled.ts';

/** What a terminal program receives for each named key, in the modes in which a pane starts. */
const NAMED: Readonly<Record<string, string>> = {
  enter: '\r',
  escape: '\u001b',
  space: ' ',
  tab: '\t',
  btab: '\u001b[Z',
  bspace: '\u007f',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[1~',
  end: '\u001b[4~',
  ic: '\u001b[2~',
  insert: '\u001b[2~',
  dc: '\u001b[3~',
  delete: '\u001b[3~',
  npage: '\u001b[6~',
  pagedown: '\u001b[6~',
  pgdn: '\u001b[6~',
  ppage: '\u001b[5~',
  pageup: '\u001b[5~',
  pgup: '\u001b[5~',
  f1: '\u001bOP',
  f2: '\u001bOQ',
  f3: '\u001bOR',
  f4: '\u001bOS',
  f5: '\u001b[15~',
  f6: '\u001b[17~',
  f7: '\u001b[18~',
  f8: '\u001b[19~',
  f9: '\u001b[20~',
  f10: '\u001b[21~',
  f11: '\u001b[23~',
  f12: '\u001b[24~',
};

/** Names of keys that exist and are not modelled. */
const OTHERS = /^(none|any|kp|mouse|wheel|doubleclick|tripleclick|user\d|focus|paste)/i;

/** The bytes of one argument of `send-keys` without `-l`: a key's name, or text that is typed as it stands. */
export function keyBytes(argument: string): string {
  if (/^0x[0-9a-f]+$/i.test(argument)) return String.fromCodePoint(Number(argument));
  if ([...argument].length <= 1) return argument;
  const named = NAMED[argument.toLowerCase()];
  if (named !== undefined) return named;
  const modified = /^((?:[CMS]-|\^)+)(.+)$/i.exec(argument);
  if (!modified) {
    if (OTHERS.test(argument)) throw new UnmodelledError('tmux', `key ${argument}`);
    return argument;
  }
  return modifiedKey(modified[1]!.toUpperCase(), modified[2]!, argument);
}

function modifiedKey(modifiers: string, key: string, argument: string): string {
  const control = modifiers.includes('C') || modifiers.includes('^');
  const meta = modifiers.includes('M');
  if (modifiers.includes('S')) throw new UnmodelledError('tmux', `key ${argument}`);
  const plain = NAMED[key.toLowerCase()] ?? key;
  if (plain.length !== 1) {
    if ([...plain].length === 1 || NAMED[key.toLowerCase()]) throw new UnmodelledError('tmux', `key ${argument}`);
    return argument;
  }
  let bytes = plain;
  if (control) {
    const code = plain.toUpperCase().charCodeAt(0);
    if (plain === ' ') bytes = '\0';
    else if (code >= 0x40 && code <= 0x5f) bytes = String.fromCharCode(code - 0x40);
    else if (plain === '?') bytes = '\u007f';
    else throw new UnmodelledError('tmux', `key ${argument}`);
  }
  return meta ? `\u001b${bytes}` : bytes;
}
