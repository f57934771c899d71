/** ACP frames of the four-record format: `{kind, method, params|result|error}`, without the ids that JSON-RPC has on the pipe. */
import type { Json } from '../format.ts';
import { isObject } from '../json.ts';
import { type Loss, quoted } from './source.ts';

type Dir = 'send' | 'recv';

/**
 * Turns logical frames into JSON-RPC. An answer belongs to the oldest open request of its method, of the other side. What is no logical
 * frame is returned as it is.
 */
export function rpcOf(losses: Loss[]): (dir: Dir, frame: Json, line: number) => Json {
  const open = new Map<string, number[]>();
  const count = { send: 0, recv: 0 };
  const pending = (dir: Dir, method: string): number[] => {
    const key = `${dir} ${method}`;
    const ids = open.get(key) ?? [];
    open.set(key, ids);
    return ids;
  };
  return (dir, frame, line) => {
    if (!isObject(frame) || typeof frame.kind !== 'string' || typeof frame.method !== 'string') return frame;
    const { kind, method, ...rest } = frame;
    if (kind === 'notification') return { jsonrpc: '2.0', method, ...rest };
    if (kind === 'request') {
      const id = count[dir]++;
      pending(dir, method).push(id);
      return { jsonrpc: '2.0', id, method, ...rest };
    }
    if (kind !== 'response') return frame;
    const id = pending(dir === 'send' ? 'recv' : 'send', method).shift();
    if (id === undefined) {
      const why = `no request ${quoted(method)} of the other side is open: it was given the id null`;
      losses.push({ line, what: 'what the response answers', why });
    }
    return { jsonrpc: '2.0', id: id ?? null, ...rest };
  };
}
