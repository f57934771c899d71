import type { Import, SourceFile } from './source-file.ts';

/** A broken rule, as `file:line: what is wrong; what to do`. */
export type Complaint = string;

/** What a room may import besides itself: rooms, or files of rooms. `types` restricts to `import type`. */
interface Allowed {
  readonly path: string;
  readonly types?: true;
}

interface Room {
  readonly imports: readonly Allowed[] | 'everything';
  /** Neither Node's modules nor packages. */
  readonly pure?: true;
}

const CORE_PORTS: Allowed = { path: 'src/core/ports.ts' };
const room = (name: string): Allowed => ({ path: `src/${name}/` });
const SCENARIO_AND_BELOW = ['scenario', 'core', 'kernel', 'world', 'transcript'].map(room);

/** The one-way rule: each folder of `src` with what it may import. A folder that is not listed may not exist. */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: { imports: [], pure: true },
  kernel: { imports: [], pure: true },
  transcript: { imports: [] },
  world: { imports: [CORE_PORTS, room('kernel'), room('transcript')] },
  host: { imports: [CORE_PORTS, room('transcript')] },
  scenario: { imports: ['core', 'kernel', 'world', 'transcript'].map(room) },
  explore: { imports: SCENARIO_AND_BELOW },
  // The kinds of steps and faults are data, words for people among them.
  report: {
    imports: [{ path: 'src/kernel/trace.ts' }, { path: 'src/scenario/kinds/' }, { path: 'src/scenario/', types: true }],
  },
  cli: { imports: 'everything' },
  vitest: { imports: 'everything' },
};

/** Reaches the runtime as it is behind the escape trap; nobody else may. */
const PRIVATE = { file: 'src/kernel/runtime.ts', room: 'kernel' };

/** Which npm packages source files may import: those the package is installed with, and in places also others. */
export interface Packages {
  readonly installed: readonly string[];
  /** Folder or file of `src` to the packages that it may import as well. */
  readonly also: Readonly<Record<string, readonly string[]>>;
}

export function checkImports(files: ReadonlyMap<string, SourceFile>, packages: Packages): Complaint[] {
  const complaints: Complaint[] = [];
  for (const file of files.values()) {
    const own = roomOf(file.path);
    const rules = own === null ? undefined : ROOMS[own];
    if (own === null || !rules) {
      complaints.push(`${file.path}:1: is in no room; move it to one of src/{${Object.keys(ROOMS).join(',')}}`);
      continue;
    }
    for (const used of file.imports) {
      const wrong = used.target === null ? foreign(file, used, rules, packages) : local(own, used, rules, files);
      if (wrong) complaints.push(`${file.path}:${used.line}: ${wrong}`);
    }
  }
  return complaints;
}

function local(own: string, used: Import, rules: Room, files: ReadonlyMap<string, SourceFile>): string | null {
  const target = used.target!;
  if (!files.has(target)) return `imports ${target}, which does not exist`;
  if (target === PRIVATE.file && own !== PRIVATE.room) return `imports ${target}, which is private to ${PRIVATE.room}`;
  if (rules.imports === 'everything' || roomOf(target) === own) return null;
  const matching = rules.imports.filter(({ path }) => (path.endsWith('/') ? target.startsWith(path) : target === path));
  if (matching.some((allowed) => !allowed.types || used.typeOnly)) return null;
  if (matching.length > 0) return `imports values of ${target}; ${own} may import its types only (import type)`;
  const allowed = rules.imports.map(({ path, types }) => (types ? `types of ${path}` : path));
  return `imports ${target}; ${own} may import ${['itself', ...allowed].join(', ')}`;
}

function foreign(file: SourceFile, used: Import, rules: Room, packages: Packages): string | null {
  const { specifier } = used;
  if (rules.pure) return `imports ${specifier}; ${roomOf(file.path)} reaches nothing but its own files: use a port`;
  if (specifier.startsWith('node:')) return null;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (packages.installed.includes(name)) return null;
  const also = Object.entries(packages.also).some(
    ([path, names]) => file.path.startsWith(path) && names.includes(name),
  );
  if (also) return null;
  return `imports ${specifier}, which is not among the dependencies: an installed reprise would not find it`;
}

function roomOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}
