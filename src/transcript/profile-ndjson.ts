/**
 * Any program that speaks NDJSON on stdio: what is known of it is JSON-RPC's ids (whether or not it says so) and the usual names of ids
 * and times. A line that is no JSON-RPC may be caused by all that came before it, so those are kept in the order in which they were seen.
 */
import type { Json } from './format.ts';
import { isObject } from './json.ts';
import type { Profile } from './profile.ts';

const IS_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ID_KEY = /(?:^|_)(?:uu)?ids?$|(?:Uuid|UUID|Id|ID|Ids|IDs)$/;
const TIME_KEYS = new Set(
  'timestamp time ts date now createdat updatedat startedat finishedat completedat endedat emittedat'.split(' '),
);
const DURATION_KEY = /^(?:duration|elapsed|latency|took)(?:ms|seconds)?$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

export const ndjsonProfile: Profile = {
  provider: 'ndjson',
  protocol: 'ndjson',
  headers: new Set('content-type retry-after request-id x-request-id authorization x-api-key'.split(' ')),

  identity(leaf, value) {
    if (leaf.depth === 1 && leaf.key === 'id' && leaf.dir !== 'http' && isRpc(leaf.frame)) {
      return (leaf.dir === 'send') === isCall(leaf.frame) ? 'rpc' : 'srv';
    }
    if (leaf.key === 'pid') return 'pid';
    return typeof value === 'string' && IS_UUID.test(value) && ID_KEY.test(leaf.key) ? 'uuid' : null;
  },

  volatile(leaf, value) {
    const key = leaf.key.replaceAll('_', '').toLowerCase();
    if (typeof value === 'number' && DURATION_KEY.test(key)) return 'dur';
    if (!TIME_KEYS.has(key) && !TIME_KEYS.has(key.replace(/m?s$/, ''))) return null;
    if (typeof value === 'string') return ISO.test(value) ? 'iso' : null;
    const kind = value > 1.5e12 && value < 3e12 ? 'ms' : value > 1.5e9 && value < 3e9 ? 's' : null;
    return kind === null || Number.isInteger(value) ? kind : 'n';
  },

  text: (_leaf, text) => text,
  embeds: () => [],
  prose: () => null,
  unstableKeys: () => false,

  // Notifications tell the client something, but not to go on.
  gate: (body) => (isRpc(body) && isNotification(body) ? null : ''),
  scopes: () => null,
  wakes: (act, recv) => !isRpc(recv) && !(act.type === 'send' && isRpc(act.body)),
  unordered: () => [],
  floats: () => false,
};

/** A frame of JSON-RPC, also of the dialect that leaves `"jsonrpc"` out. */
function isRpc(frame: Json): boolean {
  if (!isObject(frame)) return false;
  return typeof frame.method === 'string' || (frame.id !== undefined && ('result' in frame || 'error' in frame));
}

const isCall = (frame: Json): boolean => isObject(frame) && typeof frame.method === 'string';
const isNotification = (frame: Json): boolean => isCall(frame) && isObject(frame) && frame.id === undefined;
