/**
 * From what was seen to what binds. A recording is one total order of events; this module keeps of it only the order that the protocol, the
 * data and the recorder's own declarations account for, and puts the records in an order that depends on nothing else, so that recording
 * again gives the same file.
 */
import type { FrameRecord, Json, LaneRecord } from './format.ts';
import { isClientAct, processOf } from './format.ts';
import { canonical } from './json.ts';
import { identitiesOf } from './order.ts';
import type { ClientAct, Profile } from './profile.ts';

/** One event of a recording. */
export interface Event {
  /** The record with the bodies of the wire, without `id`, `after` and the like. */
  readonly record: LaneRecord;
  /** The record with symbols in place of ids and times. */
  readonly shape: LaneRecord;
  /** Received frames that, as the recorder says, made the client do this. */
  readonly because: readonly Event[];
}

/** An event with what was found out about it. */
export interface Placed {
  readonly event: Event;
  readonly lane: string;
  readonly client: boolean;
  /** Events that bind this one and that the file must name, since neither its lane nor its symbols show them. */
  readonly explicit: Set<Placed>;
  /** Events that bind it through its lane or its symbols. */
  readonly implied: Set<Placed>;
  /** Both together. */
  readonly before: Set<Placed>;
  unordered?: string;
  strand?: string;
  floats?: true;
}

/** The events in canonical order; events come in the order in which they were seen. */
export function arrange(events: readonly Event[], profile: Profile): Placed[] {
  const placed = events.map(
    (event): Placed => ({
      event,
      lane: event.record.lane,
      client: isClientAct(event.record),
      explicit: new Set(),
      implied: new Set(),
      before: new Set(),
    }),
  );
  const byEvent = new Map(placed.map((p) => [p.event, p]));
  for (const lane of new Set(placed.map((p) => p.lane))) {
    const own = placed.filter((p) => p.lane === lane);
    bindActs(own, byEvent, profile);
    bindProvider(own, profile);
    markUnordered(own, profile);
  }
  bindProcesses(placed);
  bindSymbols(placed);
  chainLanes(placed);
  for (const p of placed) for (const q of [...p.explicit, ...p.implied]) p.before.add(q);
  const order = linearise(placed);
  const positions = new Map(order.map((p, i) => [p, i]));
  for (const p of order) dropImplied(p, positions);
  nameStrands(order);
  return order;
}

/** Strands are called `a`, `b`, … within their group; one of a single frame needs no name. */
function nameStrands(order: readonly Placed[]): void {
  const groups = new Map<string, Map<string, Placed[]>>();
  for (const p of order) {
    if (p.unordered === undefined || p.strand === undefined) continue;
    const group = groups.get(`${p.lane} ${p.unordered}`) ?? new Map<string, Placed[]>();
    groups.set(`${p.lane} ${p.unordered}`, group);
    gather(group, p.strand, p);
  }
  for (const group of groups.values()) {
    let count = 0;
    for (const members of group.values()) {
      const name = members.length > 1 ? String.fromCharCode(97 + count++) : null;
      for (const p of members) {
        if (name === null) delete p.strand;
        else p.strand = name;
      }
    }
  }
}

const isFrame = (p: Placed, dir: FrameRecord['dir']): boolean =>
  p.event.record.type === 'frame' && p.event.record.dir === dir;
const bodyOf = (p: Placed): Json | undefined => (p.event.record.type === 'frame' ? p.event.record.body : undefined);

function actOf(p: Placed): ClientAct {
  const { record } = p.event;
  if (record.type === 'eof' || record.type === 'signal') return { type: record.type };
  return { type: 'send', body: (record.type === 'frame' ? record.body : undefined) ?? null };
}

/** Acts wait for what the recorder says, else for the last received frame that let the client go on. */
function bindActs(own: readonly Placed[], byEvent: ReadonlyMap<Event, Placed>, profile: Profile): void {
  const gates = new Map<string, Placed>();
  let latest: Placed | null = null;
  for (const p of own) {
    const body = bodyOf(p);
    if (isFrame(p, 'recv') && body !== undefined) {
      const scope = profile.gate(body);
      if (scope !== null) gates.set(scope, p);
      if (scope !== null) latest = p;
    }
    if (!p.client || p.event.record.type === 'spawn') continue;
    const declared = p.event.because.flatMap((event) => byEvent.get(event) ?? []);
    const scopes = profile.scopes(actOf(p));
    const inferred = scopes === null ? [latest] : scopes.map((scope) => gates.get(scope) ?? null);
    for (const q of declared.length > 0 ? declared : inferred) if (q !== null) p.explicit.add(q);
  }
}

/** What the provider did because of an act that its frames do not name. */
function bindProvider(own: readonly Placed[], profile: Profile): void {
  let act: Placed | null = null;
  let stop: Placed | null = null;
  own.forEach((p, i) => {
    const { type } = p.event.record;
    if (p.client && type !== 'spawn') {
      act = p;
      if (type === 'eof' || type === 'signal') stop = p;
      const wakes = (q: Placed): boolean => isFrame(q, 'recv') && profile.wakes(actOf(p), bodyOf(q) ?? null);
      let woken = i + 1;
      while (woken < own.length && !wakes(own[woken] as Placed)) woken++;
      own[woken]?.explicit.add(p);
    }
    // A line on stderr names nothing: it is bound to the act before it.
    if (act !== null && (isFrame(p, 'err') || type === 'broken')) p.explicit.add(act);
    if (stop !== null && type === 'exit') p.explicit.add(stop);
  });
}

/** A later process waits for the exits that came before its spawn; an HTTP exchange for the act of its process before it. */
function bindProcesses(placed: readonly Placed[]): void {
  const acts = new Map<string, Placed>();
  let exit: Placed | null = null;
  for (const p of placed) {
    const { type } = p.event.record;
    if (type === 'spawn' && exit !== null) p.explicit.add(exit);
    for (const q of type === 'spawn' ? p.event.because : []) {
      const cause = placed.find((other) => other.event === q);
      if (cause !== undefined) p.explicit.add(cause);
    }
    if (type === 'exit') exit = p;
    if (p.client) acts.set(p.lane, p);
    const act = acts.get(processOf(p.lane));
    if (type === 'http' && act !== undefined) p.explicit.add(act);
  }
}

function markUnordered(own: readonly Placed[], profile: Profile): void {
  const received = own.filter((p) => isFrame(p, 'recv'));
  const bodies = received.map((p) => bodyOf(p) ?? null);
  const sent = own.filter((p) => isFrame(p, 'send')).map((p) => bodyOf(p) ?? null);
  received.forEach((p, i) => {
    if (profile.floats(bodies, i, sent)) p.floats = true;
  });
  const spans = profile.unordered(bodies, own[0]?.lane ?? '').sort((a, b) => a.from - b.from);
  let end = -1;
  let count = 0;
  for (const span of spans) {
    if (span.from <= end) continue;
    end = span.to;
    count++;
    for (let i = span.from; i <= span.to; i++) {
      const p = received[i];
      if (p === undefined || p.floats === true) continue;
      p.unordered = `u${count}`;
      const strand = span.strand?.(bodies[i] ?? null) ?? null;
      if (strand !== null) p.strand = strand;
    }
  }
}

/** A mention of an identity waits for the event that first showed it, when that was on the other side or in another lane. */
function bindSymbols(placed: readonly Placed[]): void {
  const namers = new Map<string, Placed>();
  for (const p of placed) {
    const { shape } = p.event;
    if (shape.type !== 'frame') continue;
    for (const symbol of identitiesOf(shape)) {
      const namer = namers.get(symbol);
      if (namer === undefined) namers.set(symbol, p);
      else if (namer.lane !== p.lane || namer.client !== p.client) p.implied.add(namer);
    }
  }
}

/** Rule 1 of the format; members of an unordered group are put into an order that does not depend on when they came. */
function chainLanes(placed: readonly Placed[]): void {
  for (const lane of new Set(placed.map((p) => p.lane))) {
    const own = placed.filter((p) => p.lane === lane);
    const acts = own.filter((p) => p.client);
    const spawn = acts.find((p) => p.event.record.type === 'spawn');
    const out = own.filter((p) => !p.client && p.event.record.type !== 'exit');
    for (const p of out) if (spawn !== undefined) p.implied.add(spawn);
    chain(acts);
    chain(sortGroups(out.filter((p) => !isFrame(p, 'err') && p.floats !== true)));
    chain(out.filter((p) => isFrame(p, 'err')));
    const exit = own.find((p) => p.event.record.type === 'exit');
    if (exit !== undefined) for (const p of [...out, ...(spawn === undefined ? [] : [spawn])]) exit.implied.add(p);
  }
}

function chain(sequence: readonly Placed[]): void {
  sequence.forEach((p, i) => {
    const last = sequence[i - 1];
    if (last !== undefined) p.implied.add(last);
  });
}

function sortGroups(sequence: readonly Placed[]): Placed[] {
  const result: Placed[] = [];
  for (let from = 0; from < sequence.length; ) {
    const group = sequence[from]?.unordered;
    let to = from + 1;
    while (group !== undefined && sequence[to]?.unordered === group) to++;
    result.push(...sortStrands(sequence.slice(from, to)));
    from = to;
  }
  return result;
}

/** Strands one after the other, by what their first frames look like without ids and times. */
function sortStrands(group: readonly Placed[]): Placed[] {
  const strands = new Map<string, Placed[]>();
  group.forEach((p, i) => {
    gather(strands, p.strand ?? `\u0000${i}`, p);
  });
  if (strands.size < 2) return [...group];
  const keyed = [...strands.values()].map((frames) => ({ frames, look: frames.map(lookOf).join('\n') }));
  keyed.sort((a, b) => (a.look < b.look ? -1 : a.look > b.look ? 1 : 0));
  return keyed.flatMap(({ frames }) => frames);
}

/** A text that is equal for frames that differ only in what differs from run to run. */
function lookOf(p: Placed): string {
  const { shape } = p.event;
  if (shape.type !== 'frame') return shape.type;
  return (shape.raw ?? canonical(shape.body ?? null)).replace(/<[a-z]+(?::[A-Za-z0-9_.-]+)?>/g, '<>');
}

/** Kahn's algorithm: of what is ready, the provider's side first, so that an act stands right after what it waited for. */
function linearise(placed: readonly Placed[]): Placed[] {
  const processes = [...new Set(placed.map((p) => processOf(p.lane)))];
  const ranks = new Map<Placed, Rank>();
  const rankOf = (p: Placed): Rank => {
    const known = ranks.get(p);
    if (known !== undefined) return known;
    const kind = CLASSES.indexOf(isFrame(p, 'err') ? 'err' : p.event.record.type);
    const rank = [p.client ? 1 : 0, processes.indexOf(processOf(p.lane)), kind, lookOf(p)] as const;
    ranks.set(p, rank);
    return rank;
  };
  const missing = new Map(placed.map((p) => [p, p.before.size]));
  const followers = new Map<Placed, Placed[]>();
  for (const p of placed) for (const q of p.before) gather(followers, q, p);
  const ready = placed.filter((p) => p.before.size === 0);
  const order: Placed[] = [];
  while (ready.length > 0) {
    let best = 0;
    for (let i = 1; i < ready.length; i++) {
      if (compare(rankOf(ready[i] as Placed), rankOf(ready[best] as Placed)) < 0) best = i;
    }
    const [p] = ready.splice(best, 1);
    if (p === undefined) break;
    order.push(p);
    for (const q of followers.get(p) ?? []) {
      const left = (missing.get(q) ?? 0) - 1;
      missing.set(q, left);
      if (left === 0) ready.push(q);
    }
  }
  if (order.length < placed.length) throw new Error('the causes of a recording form a circle');
  return order;
}

const CLASSES = ['http', 'err', 'frame', 'broken', 'exit', 'spawn', 'eof', 'signal'];

type Rank = readonly [client: number, process: number, kind: number, look: string];

function compare(a: Rank, b: Rank): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number | string, b[i] as number | string];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function gather<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Leaves in `explicit` only what does not follow from the rest. */
function dropImplied(p: Placed, positions: ReadonlyMap<Placed, number>): void {
  for (const q of [...p.explicit]) {
    const at = positions.get(q) ?? 0;
    const reached = new Set<Placed>();
    const stack = [...p.implied, ...[...p.explicit].filter((other) => other !== q)];
    while (stack.length > 0) {
      const next = stack.pop();
      // What stands before `q` in the file does not wait for it.
      if (next === undefined || reached.has(next) || (positions.get(next) ?? 0) < at) continue;
      reached.add(next);
      // Members of a group stand in some order in the file, but do not wait for each other.
      stack.push(
        ...[...next.before].filter(
          (r) => next.unordered === undefined || r.lane !== next.lane || r.unordered !== next.unordered,
        ),
      );
    }
    if (reached.has(q)) p.explicit.delete(q);
  }
}
