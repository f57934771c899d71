import type { TraceEntry } from '../kernel/trace.ts';

export type ActorKind = 'user' | 'fault' | 'daemon' | 'agent' | 'tmux' | 'pane' | 'process';

/** A column of the space-time view: one actor, or all incarnations of one. */
export interface Actor {
  readonly kind: ActorKind;
  /** Unique, e.g. `daemon#2`, `codex p1`, `tmux server`. */
  readonly name: string;
}

/** The actors of a run, from left to right, and which of them each entry belongs to. */
export interface Actors {
  readonly list: readonly Actor[];
  /** Index into `list` of each trace entry. */
  readonly of: readonly number[];
}

const KINDS: readonly ActorKind[] = ['user', 'fault', 'daemon', 'agent', 'tmux', 'pane', 'process'];

/**
 * Who acts in a run. A process is shown under what it is rather than by its pid: an agent process under its lane
 * without the incarnation (`codex p1#2` and `pid 1004` under `codex p1`), tmux's clients together, its servers
 * together, what runs in a terminal by its argv. `trace` must be whole: `trace[i].seq === i`.
 */
export function actorsOf(trace: readonly TraceEntry[]): Actors {
  const found = new Map<string, Actor>();
  const names: string[] = [];
  /** What each pid is at this point of the trace; pids are reused. */
  const processes = new Map<string, Actor>();
  let daemons = 0;
  for (const entry of trace) {
    if (entry.type === 'process.start') {
      const program = entry.detail.split(' ', 1)[0]!;
      if (program === 'reprise') daemons++;
      processes.set(entry.actor, processActor(entry, trace, processes, daemons));
    }
    const actor = processes.get(entry.actor) ?? plainActor(entry.actor);
    if (!found.has(actor.name)) found.set(actor.name, actor);
    names.push(actor.name);
  }
  const list = [...found.values()].sort(
    (one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || (rank(one.name) < rank(other.name) ? -1 : 1),
  );
  const index = new Map(list.map(({ name }, at) => [name, at]));
  return { list, of: names.map((name) => index.get(name)!) };
}

/** `daemon#10` after `daemon#9`. */
function rank(name: string): string {
  return name.replace(/\d+/g, (digits) => digits.padStart(9, '0'));
}

function plainActor(name: string): Actor {
  if (name === 'user' || name === 'fault') return { kind: name, name };
  if (name.startsWith('daemon#')) return { kind: 'daemon', name };
  if (/^(codex|claude) /.test(name)) return { kind: 'agent', name: withoutIncarnation(name) };
  if (name === 'tmux') return { kind: 'tmux', name: 'tmux server' };
  return { kind: 'process', name };
}

function processActor(
  { detail, cause }: TraceEntry,
  trace: readonly TraceEntry[],
  processes: ReadonlyMap<string, Actor>,
  daemons: number,
): Actor {
  const [program, ...args] = detail.split(' ');
  const starter = trace[cause];
  if (program === 'reprise') return { kind: 'daemon', name: `daemon#${daemons}` };
  if (starter?.type === 'spawn') {
    const lane = starter.detail.slice(0, starter.detail.indexOf(': '));
    return { kind: 'agent', name: withoutIncarnation(lane) };
  }
  if (program === 'tmux') {
    const byClient = starter !== undefined && processes.get(starter.actor)?.kind === 'tmux';
    return { kind: 'tmux', name: byClient ? 'tmux server' : 'tmux client' };
  }
  if (program === 'worker') return { kind: 'pane', name: `pane of ${args.join(' ')}` };
  return { kind: 'process', name: program || 'process' };
}

function withoutIncarnation(lane: string): string {
  return lane.replace(/#\d+$/, '');
}
