/** Which fields of a provider's frames the core's adapters look at: measured, not listed by hand. */
import type { Child, ChildEvents, Processes } from '../../core/ports.ts';
import type { Json, Provider } from '../../transcript/format.ts';
import type { Fixture, Stage } from '../fixtures/fixture.ts';
import { Labels } from './labels.ts';

/** Paths that were read, by kind of frame. */
export class Reads {
  readonly #paths = new Map<string, Set<string>>();

  /** The adapters looked at this field of this kind of frame, whether it was there or not. */
  add(frame: string, path: string): void {
    const paths = this.#paths.get(frame) ?? new Set();
    this.#paths.set(frame, paths.add(path));
  }

  /** The adapters look at this field, or into it. */
  has(frame: string, path: string): boolean {
    return this.#paths.get(frame)?.has(path) ?? false;
  }

  /** Keys below `path` at which the adapters look, whether they were there or not. */
  keysBelow(frame: string, path: string): string[] {
    const found = [...(this.#paths.get(frame) ?? [])].filter((other) => other.startsWith(`${path}.`));
    return [...new Set(found.map((other) => /^[^.[]+/.exec(other.slice(path.length + 1))![0]))].sort();
  }

  /** The adapters act on this kind of frame: they look at more of it than at every kind to see what it is. */
  uses(frame: string): boolean {
    const envelope = this.#envelope();
    return [...(this.#paths.get(frame) ?? [])].some((path) => !envelope.has(path));
  }

  /** What is looked at in most kinds of frames: it says what they are and whom they are for. */
  #envelope(): Set<string> {
    const all = [...this.#paths].filter(([name]) => !/^(answer|error) to /.test(name)).map(([, paths]) => paths);
    const counts = new Map<string, number>();
    for (const path of all.flatMap((paths) => [...paths])) counts.set(path, (counts.get(path) ?? 0) + 1);
    return new Set([...counts].filter(([, count]) => count > all.length / 2).map(([path]) => path));
  }
}

/**
 * The same conversation; while it is had, what the adapter looks at in the lines that it receives is noted in `reads`.
 * Works on whatever parses a received line with `JSON.parse`, so on the adapters as they are. To be had alone: `JSON.parse`
 * of the whole process is watched meanwhile.
 */
export function observingReads<Settings>(fixture: Fixture<Settings>, reads: Reads): Fixture<Settings> {
  return {
    ...fixture,
    async drive(stage) {
      const watch = new LineWatch(fixture.provider, reads);
      const parse = JSON.parse;
      JSON.parse = ((text: string, ...rest: []) => watch.parsed(text, parse(text, ...rest))) as typeof JSON.parse;
      try {
        const processes = watch.processes(stage.ports.processes);
        await fixture.drive({ ...stage, ports: { ...stage.ports, processes } } satisfies Stage);
      } finally {
        JSON.parse = parse;
      }
    },
  };
}

class LineWatch {
  readonly #provider: Provider;
  readonly #reads: Reads;
  /** Lines that were received, with their kind, by text. */
  readonly #received = new Map<string, string>();

  constructor(provider: Provider, reads: Reads) {
    this.#provider = provider;
    this.#reads = reads;
  }

  processes(inner: Processes): Processes {
    return {
      ...inner,
      spawn: async (request, events) => {
        const labels = new Labels(this.#provider);
        const result = await inner.spawn(request, this.#events(labels, events));
        return result.kind === 'spawned' ? { ...result, child: this.#child(labels, result.child) } : result;
      },
    };
  }

  parsed(text: string, value: unknown): unknown {
    const frame = this.#received.get(text.trim());
    return frame === undefined ? value : noting(value, '$', (path) => this.#reads.add(frame, path));
  }

  #events(labels: Labels, events: ChildEvents): ChildEvents {
    const lines = eachLine((line) => this.#note(labels, 'recv', line));
    return {
      ...events,
      stdout(chunk) {
        lines(chunk);
        events.stdout(chunk);
      },
    };
  }

  #child(labels: Labels, child: Child): Child {
    const lines = eachLine((line) => this.#note(labels, 'send', line));
    return {
      ...child,
      write(data) {
        lines(data);
        return child.write(data);
      },
    };
  }

  #note(labels: Labels, dir: 'send' | 'recv', line: string): void {
    let body: Json;
    try {
      body = JSON.parse(line) as Json;
    } catch {
      return;
    }
    const frame = labels.of(dir, body);
    if (dir === 'recv') this.#received.set(line.trim(), frame);
  }
}

/** The value, whose reader is told of: each path that is looked at is handed to `note`. */
function noting(value: unknown, path: string, note: (path: string) => void): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string | symbol): string | null => {
    if (typeof key === 'symbol') return null;
    if (!Array.isArray(value)) return `${path}.${key}`;
    return /^\d+$/.test(key) ? `${path}[]` : null;
  };
  const see = (key: string | symbol): string | null => {
    const at = below(key);
    // What every object has is no field of the wire.
    if (at === null || (!Object.hasOwn(value, key) && (key in Object.prototype || key === 'toJSON'))) return null;
    note(at);
    return at;
  };
  return new Proxy(value, {
    get(target, key, receiver) {
      const at = see(key);
      const found: unknown = Reflect.get(target, key, receiver);
      return at === null ? found : noting(found, at, note);
    },
    has(target, key) {
      see(key);
      return Reflect.has(target, key);
    },
  });
}

function eachLine(each: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) each(line);
  };
}
