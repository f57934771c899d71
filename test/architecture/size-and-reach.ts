import type { Complaint } from './import-table.ts';
import type { SourceFile } from './source-file.ts';

/** A file should be readable in one sitting. */
export const MAX_LINES = 350;

export function checkSize(files: Iterable<SourceFile>): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { path, lines } of files) {
    if (lines > MAX_LINES) complaints.push(`${path}:1: has ${lines} lines; split it, ${MAX_LINES} are the limit`);
  }
  return complaints;
}

/**
 * Every file of `src` is reached from an entry point or a test, through imports or by being named (a child process).
 * `roots` are paths or folders (with a slash at the end).
 */
export function checkReach(files: ReadonlyMap<string, SourceFile>, roots: readonly string[]): Complaint[] {
  const complaints: Complaint[] = [];
  const waiting: string[] = [];
  for (const root of roots) {
    const found = [...files.keys()].filter((path) => (root.endsWith('/') ? path.startsWith(root) : path === root));
    if (found.length === 0 && !root.endsWith('/')) complaints.push(`${root}: is an entry point, but does not exist`);
    waiting.push(...found);
  }
  const reached = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = files.get(path);
    if (!file || reached.has(path)) continue;
    reached.add(path);
    for (const { target } of file.imports) if (target !== null) waiting.push(target);
    waiting.push(...file.mentions);
  }
  for (const path of files.keys()) {
    if (path.startsWith('src/') && !reached.has(path))
      complaints.push(`${path}:1: is used by no entry point and no test; use it or remove it`);
  }
  return complaints;
}

/** The files that `package.json` starts: its scripts, its executables and what it exports. */
export function entryPoints(packageJson: string): string[] {
  const { scripts = {}, bin = {}, exports = {} } = JSON.parse(packageJson) as Record<string, Record<string, unknown>>;
  const texts = [scripts, bin, exports].map((part) => JSON.stringify(part)).join('\n');
  const sources = texts.match(/(?<!dist\/)\bsrc\/[\w./-]+\.ts\b/g) ?? [];
  const built = texts.match(/\bdist\/src\/[\w./-]+\.js\b/g) ?? [];
  const all = [...sources, ...built.map((path) => path.replace(/^dist\//, '').replace(/\.js$/, '.ts'))];
  return [...new Set(all)].sort();
}
