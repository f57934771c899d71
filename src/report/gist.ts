import type { TraceEntry } from '../kernel/trace.ts';

/** What an entry says in one line: no actor, no time, no control characters. */
export function gistOf(entry: TraceEntry): string {
  return sayingOf(entry).trimEnd();
}

function sayingOf({ type, detail }: TraceEntry): string {
  switch (type) {
    case 'stdin':
      return `is sent ${framesGist(detail)}`;
    case 'stdout':
      return `writes ${framesGist(detail)}`;
    case 'stderr':
      return `writes to stderr: ${printable(detail)}`;
    case 'exec':
      return `runs ${printable(detail)}`;
    case 'exec.result':
      return `learns: ${printable(detail)}`;
    case 'timer':
      return `timer ${printable(detail)}`;
    case 'commit':
      return `commits ${printable(detail)}`;
    case 'spawn':
      return `spawns ${printable(detail)}`;
    case 'process.start':
      return `starts: ${printable(detail)}`;
    case 'process.exit':
      return `ends: ${printable(detail)}`;
    case 'exit':
      return `has ended: ${printable(detail)}`;
    case 'heal':
      return 'heal: from here on nothing goes wrong';
    case 'signal':
      return `gets ${printable(detail)}`;
    default:
      return printable(`${type} ${detail}`);
  }
}

/** One line of text that shows every character: line ends, control and format characters are escaped, edges trimmed. */
export function printable(text: string): string {
  return text
    .trim()
    .replace(/\p{C}/gu, (character) => NAMED[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** At most `width` characters, the last of which says that there were more. */
export function clipped(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Names the JSON frames of a piece of a stream; a piece may hold several lines, or a part of one. */
function framesGist(chunk: string): string {
  const lines = chunk.split('\n').filter((line) => line.trim() !== '');
  return lines.map(frameGist).join(', ');
}

function frameGist(line: string): string {
  let frame: unknown;
  try {
    frame = JSON.parse(line);
  } catch {
    return printable(line);
  }
  if (typeof frame !== 'object' || frame === null) return printable(line);
  const { id, method, error, type, subtype } = frame as Record<string, unknown>;
  const tag = typeof id === 'string' || typeof id === 'number' ? ` #${id}` : '';
  if (typeof method === 'string') return printable(`${method}${tag}`);
  if (typeof type === 'string') return printable(typeof subtype === 'string' ? `${type}/${subtype}` : type);
  if (error !== undefined) return printable(`error${tag} ${messageOf(error)}`);
  return tag === '' ? printable(line) : printable(`result${tag}`);
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(error);
}
