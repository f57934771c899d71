/** `codex app-server` over stdio; sources: facts/codex-wire 1.1, 3, 6.1 and 6.3. */
import type { Json, JsonObject } from './format.ts';
import { isArray, isObject } from './json.ts';
import type { Leaf, Profile, Span } from './profile.ts';

const THREAD_KEYS = new Set(
  'threadId sessionId forkedFromId parentThreadId attachedToThreadId senderThreadId receiverThreadIds agentThreadId reviewThreadId newThreadId'.split(
    ' ',
  ),
);
const TURN_KEYS = new Set('turnId rootTurnId beforeTurnId expectedTurnId lastTurnId'.split(' '));
const UUID_KEYS = new Set(
  'revision installationId queueItemId queuedItemId messageId nextCursor backwardsCursor forwardsCursor cursor path'.split(
    ' ',
  ),
);
const SECONDS = new Set('startedAt completedAt createdAt updatedAt recencyAt sectionEnteredAt'.split(' '));
const MILLISECONDS = new Set('emittedAtMs startedAtMs completedAtMs'.split(' '));
const GAUGES = new Set('residentMemoryBytes rssKb cpuPercent'.split(' '));
const NEEDS_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

export const codexProfile: Profile = {
  provider: 'codex',
  protocol: 'codex.app-server',
  headers: new Set(
    'content-type retry-after request-id x-request-id thread-id session-id x-client-request-id authorization'.split(
      ' ',
    ),
  ),

  identity(leaf, value) {
    if (leaf.depth === 1 && leaf.key === 'id' && leaf.dir !== 'http') return rpcKind(leaf);
    if (leaf.key === 'requestId' && methodOf(leaf.frame) === 'serverRequest/resolved') return 'srv';
    if (leaf.key === 'processId' && typeof value === 'string') return 'proc';
    if (leaf.key === 'osPid' || (leaf.key === 'id' && leaf.parent === 'process')) return 'pid';
    if (typeof value !== 'string' || !NEEDS_UUID.test(value)) return null;
    if (THREAD_KEYS.has(leaf.key) || (leaf.key === 'id' && leaf.parent === 'thread')) return 'thread';
    if (TURN_KEYS.has(leaf.key) || (leaf.key === 'id' && (leaf.parent === 'turn' || leaf.parent === 'turns')))
      return 'turn';
    if (leaf.key === 'itemId' || leaf.key === 'id') return 'item';
    return UUID_KEYS.has(leaf.key) ? 'uuid' : null;
  },

  volatile(leaf, value) {
    if (leaf.key === 'serverName' && methodOf(leaf.frame) === 'remoteControl/status/changed') return 'host';
    // JSON in a string, with times and ids of its own.
    if (leaf.key === 'x-codex-turn-metadata') return { $elided: { volatile: true } };
    if (typeof value !== 'number') return null;
    if (MILLISECONDS.has(leaf.key)) return 'ms';
    if (SECONDS.has(leaf.key)) return 's';
    if (leaf.key === 'durationMs') return 'dur';
    if (GAUGES.has(leaf.key)) return 'n';
    return leaf.key === 'totalTokens' && leaf.parent === 'last' && isEstimate(leaf.frame) ? 'n' : null;
  },

  text(leaf, text) {
    if (leaf.key === 'userAgent') return text.replace(/(\/\d+\.\d+\.\d+\S* )\([^()]*\)( \S+ )/, '$1(<os>)$2');
    // What a command is reported to the model with.
    if (leaf.dir === 'http' && leaf.key === 'output') {
      return text
        .replace(/(^|\n)Chunk ID: [0-9a-f]+\n/, '$1Chunk ID: <slug>\n')
        .replace(/(^|\n)Wall time: \d+(?:\.\d+)? seconds\n/, '$1Wall time: <dur> seconds\n');
    }
    if (leaf.dir === 'err') return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/, '<iso>');
    if (leaf.key.toLowerCase().endsWith('cursor'))
      return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<iso>');
    return text.replace(
      /sessions\/\d{4}\/\d\d\/\d\d\/rollout-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/g,
      'sessions/<ymd>/rollout-<stamp>-',
    );
  },

  // The model is told the number of a session that goes on.
  embeds: (leaf) => (leaf.dir === 'http' && leaf.key === 'output' ? ['proc'] : []),

  prose(leaf, value) {
    if (leaf.dir === 'http') return httpProse(leaf, value);
    if (leaf.dir !== 'recv' || typeof value !== 'string' || value === '') return null;
    if (/^(base|developer)?_?instructions$/i.test(leaf.key)) return 'stable';
    // The list of all methods in the answer to an unknown one (facts/codex-wire 1.1.2).
    const listsMethods = leaf.key === 'message' && leaf.parent === 'error' && value.includes('unknown variant');
    return (listsMethods || leaf.key === 'description') && value.length > 400 ? 'stable' : null;
  },

  // A request to the model: the metadata is a hash map.
  unstableKeys: (frame) => isObject(frame.client_metadata),

  gate(body) {
    if (!isObject(body)) return null;
    if (body.id !== undefined && body.method === undefined) return '';
    return body.method === 'turn/started' || body.method === 'turn/completed' ? threadOf(body) : null;
  },

  scopes(act) {
    if (act.type !== 'send') return null;
    if (!isObject(act.body) || act.body.method === undefined) return [];
    const thread = threadOf(act.body);
    return thread === '' ? [''] : ['', thread];
  },

  wakes(act, recv) {
    if (act.type !== 'send' || !isObject(act.body) || !isObject(recv) || recv.method === undefined) return false;
    if (act.body.method === 'turn/start') {
      // On a loaded thread these may come before the response (facts/codex-wire 6.3).
      const early = ['thread/status/changed', 'turn/started', 'thread/settings/updated'];
      return early.includes(String(recv.method)) && threadOf(recv) === threadOf(act.body);
    }
    if (act.body.method !== undefined) return false;
    // An answer to the server: it is acknowledged, or else the item that asked goes on (facts/codex-wire 1.1.15).
    if (recv.method === 'serverRequest/resolved') return isObject(recv.params) && recv.params.requestId === act.body.id;
    return recv.method === 'item/completed';
  },

  unordered(received) {
    return [...turnStarts(received), ...parallelStarts(received)];
  },

  floats: () => false,
};

/** Ids of requests belong to who asks: the client's are echoed in answers, the server counts its own from 0. */
function rpcKind(leaf: Leaf): string {
  const request = methodOf(leaf.frame) !== null;
  return (leaf.dir === 'send') === request ? 'rpc' : 'srv';
}

function methodOf(frame: Json): string | null {
  return isObject(frame) && typeof frame.method === 'string' ? frame.method : null;
}

function threadOf(body: JsonObject): string {
  return isObject(body.params) && typeof body.params.threadId === 'string' ? body.params.threadId : '';
}

/** After a compaction the input counts 0 tokens and the total is an estimate that depends on the length of paths (rule K11). */
function isEstimate(frame: Json): boolean {
  const usage = isObject(frame) && isObject(frame.params) ? frame.params.tokenUsage : undefined;
  return isObject(usage) && isObject(usage.last) && usage.last.inputTokens === 0;
}

function httpProse(leaf: Leaf, value: Json): 'stable' | 'volatile' | null {
  const inInput = leaf.parent === 'input' || leaf.parent === '';
  if ((leaf.key === 'instructions' && leaf.parent === '') || (leaf.key === 'tools' && inInput))
    return isEmpty(value) ? null : 'stable';
  if (leaf.key !== 'content' || !isArray(value)) return null;
  const { input } = leaf.frame as JsonObject;
  const owner = isArray(input) ? input.find((item) => isObject(item) && item.content === value) : undefined;
  if (isObject(owner) && (owner.role === 'developer' || owner.role === 'system')) return 'volatile';
  // What the program tells the model of its surroundings (date, directory) goes under the user's name, in tags.
  const told = (part: Json): boolean =>
    isObject(part) && typeof part.text === 'string' && /^<[a-z_]+>|^# AGENTS\.md/.test(part.text);
  return value.some(told) ? 'volatile' : null;
}

const isEmpty = (value: Json): boolean => value === null || value === '' || (isArray(value) && value.length === 0);

const idOf = (value: Json | undefined): Json | undefined => (isObject(value) ? value.id : undefined);

/** The answer to `turn/start` on a thread that has had a turn, and the notifications of that turn's start. */
function turnStarts(received: readonly Json[]): Span[] {
  const spans: Span[] = [];
  const loaded = new Set<string>();
  received.forEach((body, at) => {
    if (methodOf(body) !== 'turn/started' || !isObject(body)) return;
    const thread = threadOf(body);
    const turn = isObject(body.params) ? idOf(body.params.turn) : undefined;
    const from = Math.max(0, at - 4);
    const answer = received
      .slice(from, at + 5)
      .findIndex((other) => isObject(other) && isObject(other.result) && idOf(other.result.turn) === turn);
    const active = received
      .slice(from, at)
      .findLastIndex(
        (other) => methodOf(other) === 'thread/status/changed' && threadOf(other as JsonObject) === thread,
      );
    if (turn !== undefined && loaded.has(thread) && answer >= 0) {
      const all = [from + answer, at, ...(active < 0 ? [] : [from + active])];
      spans.push({
        from: Math.min(...all),
        to: Math.max(...all),
        strand: (other) => (methodOf(other) === null ? null : 'notifications'),
      });
    }
    loaded.add(thread);
  });
  return spans;
}

/** Neighbouring `item/started` of tools that the model called at once. */
function parallelStarts(received: readonly Json[]): Span[] {
  const isToolStart = (body: Json | undefined): boolean => {
    if (body === undefined || methodOf(body) !== 'item/started' || !isObject(body) || !isObject(body.params))
      return false;
    const { item } = body.params;
    return isObject(item) && ['commandExecution', 'mcpToolCall', 'dynamicToolCall'].includes(String(item.type));
  };
  return runsOf(received, isToolStart);
}

/** Spans of two or more neighbours that all satisfy `test`. */
export function runsOf(received: readonly Json[], test: (body: Json | undefined) => boolean): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < received.length; from++) {
    let to = from;
    while (test(received[from]) && test(received[to + 1])) to++;
    if (to > from) spans.push({ from, to });
    from = to;
  }
  return spans;
}

/** For scenarios with several threads at work at once: everything from `from` to `to`, each thread in its own order. */
export function byThread(from: number, to: number): Span {
  return {
    from,
    to,
    strand: (body) => {
      if (!isObject(body)) return null;
      const thread = threadOf(body);
      return thread === '' ? null : thread;
    },
  };
}
