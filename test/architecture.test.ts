import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkImports, type Packages, ROOMS } from './architecture/import-table.ts';
import { checkPurity, EXCEPTIONS } from './architecture/purity.ts';
import { checkReach, checkSize, entryPoints, MAX_LINES } from './architecture/size-and-reach.ts';
import { parseSource, type SourceFile } from './architecture/source-file.ts';

/** Started by path, file by file: see src/cli/bench/main.ts. */
const BENCH_ROWS = 'src/cli/bench/rows/';

const packageJson = readFileSync('package.json', 'utf8');
const packages: Packages = {
  installed: Object.keys((JSON.parse(packageJson) as { dependencies: object }).dependencies),
  // The integration with vitest is only loaded by vitest; benchmarks are run in the repository only.
  also: { 'src/vitest/': ['vitest'], 'src/cli/bench/': ['vitest'], 'src/cli/shims/bundle.ts': ['rolldown'] },
};

/** Files by path from the repository root. */
function parseAll(texts: Readonly<Record<string, string>>): Map<string, SourceFile> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, parseSource(path, text)]));
}

function readTree(...folders: string[]): Map<string, SourceFile> {
  const texts: Record<string, string> = {};
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = `${folder}/${name.split(sep).join('/')}`;
      if (path.endsWith('.ts')) texts[path] = readFileSync(path, 'utf8');
    }
  }
  return parseAll(texts);
}

const tree = readTree('src', 'test', 'scenarios');
const sources = new Map([...tree].filter(([path]) => path.startsWith('src/')));

describe('the source tree', () => {
  it('is there', () => {
    expect(sources.size).toBeGreaterThan(20);
  });

  it('keeps the import table of design.md section 1', () => {
    expect(checkImports(sources, packages)).toEqual([]);
  });

  it('reaches time, chance and the world through ports only, in core and kernel', () => {
    expect(checkPurity(sources.values())).toEqual([]);
  });

  it('has no exception that is not needed any more', () => {
    const text = (path: string) => sources.get(path)!.syntax.text;
    const needless = EXCEPTIONS.filter(
      (path) => checkPurity([parseSource('src/kernel/renamed.ts', text(path))]).length === 0,
    );
    expect(needless).toEqual([]);
  });

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    expect(checkSize(tree.values())).toEqual([]);
  });

  it('has no dead file', () => {
    expect(checkReach(tree, [...entryPoints(packageJson), BENCH_ROWS, 'test/', 'scenarios/'])).toEqual([]);
  });
});

/** Complaints about one file among others. */
function imports(path: string, text: string): string[] {
  const others = {
    'src/core/ports.ts': '',
    'src/core/daemon.ts': '',
    'src/kernel/kernel.ts': '',
    'src/kernel/runtime.ts': '',
    'src/kernel/trace.ts': '',
    'src/transcript/format.ts': '',
    'src/world/machine.ts': '',
    'src/host/exec.ts': '',
    'src/scenario/verdict.ts': '',
    'src/explore/campaign.ts': '',
    'src/report/text.ts': '',
    'src/cli/main.ts': '',
  };
  return checkImports(parseAll({ ...others, [path]: text }), { installed: ['msw', '@scope/x'], also: packages.also });
}

describe('the import rule', () => {
  it('covers exactly the rooms of design.md', () => {
    expect(Object.keys(ROOMS).sort()).toEqual(
      'cli core explore host kernel report scenario transcript vitest world'.split(' '),
    );
  });

  it.each([
    ['a static import', "import { x } from '../host/exec.ts';"],
    ['a bare import', "import '../host/exec.ts';"],
    ['a type import', "import type { X } from '../host/exec.ts';"],
    ['a namespace import', "import * as x from '../host/exec.ts';"],
    ['a re-export', "export { x } from '../host/exec.ts';"],
    ['a re-export of everything', "export * from '../host/exec.ts';"],
    ['a re-export of a type', "export type { X } from '../host/exec.ts';"],
    ['a dynamic import', "const x = await import('../host/exec.ts');"],
    ['a dynamic import of a plain template', 'const x = await import(`../host/exec.ts`);'],
    ['an import type', "let x: import('../host/exec.ts').X;"],
    ['an import equals', "import x = require('../host/exec.ts');"],
    ['a require', "const x = require('../host/exec.ts');"],
  ])('sees %s', (_what, text) => {
    expect(imports('src/core/a.ts', text)).toEqual([
      'src/core/a.ts:1: imports src/host/exec.ts; core may import itself',
    ]);
  });

  it.each([
    ['core', '../kernel/kernel.ts'],
    ['kernel', '../core/ports.ts'],
    ['transcript', '../core/ports.ts'],
    ['world', '../core/daemon.ts'],
    ['world', '../scenario/verdict.ts'],
    ['host', '../kernel/kernel.ts'],
    ['host', '../world/machine.ts'],
    ['scenario', '../explore/campaign.ts'],
    ['scenario', '../host/exec.ts'],
    ['explore', '../report/text.ts'],
    ['report', '../kernel/kernel.ts'],
    ['report', '../world/machine.ts'],
    ['explore', '../cli/main.ts'],
  ])('keeps %s from %s', (room, target) => {
    const complaints = imports(`src/${room}/a.ts`, `\nimport type { X } from '${target}';`);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(`src/${room}/a.ts:2: imports src/${target.slice(3)}; ${room} may import`);
  });

  it.each([
    ['world', '../core/ports.ts'],
    ['world', '../kernel/kernel.ts'],
    ['host', '../transcript/format.ts'],
    ['scenario', '../core/daemon.ts'],
    ['explore', '../scenario/verdict.ts'],
    ['report', '../kernel/trace.ts'],
    ['cli', '../host/exec.ts'],
    ['vitest', '../report/text.ts'],
    ['core', './ports.ts'],
  ])('lets %s have %s', (room, target) => {
    expect(imports(`src/${room}/a.ts`, `import { x } from '${target}';`)).toEqual([]);
  });

  it("lets report have the types of scenario's verdicts, but no values", () => {
    expect(imports('src/report/a.ts', "import type { X } from '../scenario/verdict.ts';")).toEqual([]);
    expect(imports('src/report/a.ts', "import { type X, type Y } from '../scenario/verdict.ts';")).toEqual([]);
    expect(imports('src/report/a.ts', "import { type X, y } from '../scenario/verdict.ts';")).toEqual([
      'src/report/a.ts:1: imports values of src/scenario/verdict.ts; report may import its types only (import type)',
    ]);
  });

  it("keeps Node's modules and packages from core and kernel", () => {
    expect(imports('src/core/a.ts', "import { x } from 'node:fs';")).toHaveLength(1);
    expect(imports('src/kernel/a.ts', "import { x } from 'msw';")).toHaveLength(1);
    expect(imports('src/world/a.ts', "import { x } from 'node:fs'; import { y } from 'msw/node';")).toEqual([]);
    expect(imports('src/world/a.ts', "import { y } from '@scope/x/sub';")).toEqual([]);
  });

  it('keeps packages that are not installed with this one from everybody', () => {
    expect(imports('src/cli/a.ts', "import ts from 'typescript';")).toEqual([
      'src/cli/a.ts:1: imports typescript, which is not among the dependencies: an installed reprise would not find it',
    ]);
    expect(imports('src/vitest/a.ts', "import { expect } from 'vitest';")).toEqual([]);
    expect(imports('src/cli/a.ts', "import { expect } from 'vitest';")).toHaveLength(1);
  });

  it('keeps what lies behind the escape trap in the kernel', () => {
    expect(imports('src/world/a.ts', "import { x } from '../kernel/runtime.ts';")).toEqual([
      'src/world/a.ts:1: imports src/kernel/runtime.ts, which is private to kernel',
    ]);
    expect(imports('src/kernel/a.ts', "import { x } from './runtime.ts';")).toEqual([]);
  });

  it('wants every file in a room and every target to exist', () => {
    expect(imports('src/helpers/a.ts', '')[0]).toMatch(/is in no room/);
    expect(imports('src/main.ts', '')[0]).toMatch(/is in no room/);
    expect(imports('src/cli/a.ts', "import './gone.ts';")[0]).toMatch(/src\/cli\/gone\.ts, which does not exist/);
  });
});

describe('the purity rule', () => {
  const purity = (path: string, text: string) => checkPurity([parseSource(path, text)]);

  it.each([
    'Date.now()',
    "Date['now']()",
    'new Date()',
    'new Date',
    'Date()',
    'Math.random()',
    'setTimeout(f, 1)',
    'const later = setTimeout',
    'f({ setTimeout })',
    'fetch("x")',
    'process.env.HOME',
    'require("x")',
    'globalThis.x',
    'performance.now()',
    'crypto.randomUUID()',
    'console.log(1)',
    'new WeakRef(x)',
    'AbortSignal.timeout(5)',
    'new Intl.NumberFormat()',
    'import.meta.url',
    'a.localeCompare(b)',
    'd.getHours()',
    'd.toLocaleDateString()',
    'class A { t = setInterval(f) }',
  ])('finds %s', (text) => {
    expect(purity('src/core/a.ts', `\n${text};`)).toHaveLength(1);
    expect(purity('src/core/a.ts', `\n${text};`)[0]).toMatch(/^src\/core\/a\.ts:2: uses /);
    expect(purity('src/kernel/a.ts', text)).toHaveLength(1);
    expect(purity('src/world/a.ts', text)).toEqual([]);
  });

  it.each([
    'new Date(ms).toISOString()',
    'Date.parse(text)',
    'Math.max(1, 2)',
    'ports.clock.setTimeout(f)',
    'const x = { process: 1, fetch() {} }',
    'interface A { process: string; fetch(): void }',
    'function f(process: string) { return process.length }',
    "import { fetch } from './fetch.ts'; fetch()",
    'queueMicrotask(f)',
    'let t: typeof setTimeout',
    'd.getUTCHours()',
    '// Date.now() in a comment',
    'const text = "Date.now()"',
  ])('leaves %s alone', (text) => {
    expect(purity('src/core/a.ts', text)).toEqual([]);
  });
});

describe('the rules of size and reach', () => {
  it('finds a file of one line too many', () => {
    const lines = (count: number) => checkSize([parseSource('src/cli/a.ts', ';\n'.repeat(count))]);
    expect(lines(MAX_LINES)).toEqual([]);
    expect(lines(MAX_LINES + 1)).toEqual(['src/cli/a.ts:1: has 351 lines; split it, 350 are the limit']);
  });

  it('follows imports, types and named files from entry points and tests, and finds what is left', () => {
    const placeholder = ['$', '{extension}'].join('');
    const files = parseAll({
      'src/cli/main.ts': `import './a.ts'; new URL('./child.ts', import.meta.url); new URL(\`./worker${placeholder}\`, here);`,
      'src/cli/a.ts': "export type { T } from '../core/types.ts';",
      'src/cli/child.ts': `spawn(\`./grandchild.${placeholder}\`)`,
      'src/cli/grandchild.ts': '',
      'src/cli/worker.ts': '',
      'src/core/types.ts': '',
      'src/core/tested.ts': '',
      'src/core/dead.ts': "import './dead-too.ts';",
      'src/core/dead-too.ts': "import './dead.ts';",
      'test/core/tested.test.ts': "import '../../src/core/tested.ts';",
    });
    expect(checkReach(files, ['src/cli/main.ts', 'test/'])).toEqual([
      'src/core/dead.ts:1: is used by no entry point and no test; use it or remove it',
      'src/core/dead-too.ts:1: is used by no entry point and no test; use it or remove it',
    ]);
    expect(checkReach(files, ['src/cli/gone.ts', 'src/', 'test/'])).toEqual([
      'src/cli/gone.ts: is an entry point, but does not exist',
    ]);
  });

  it('takes the entry points from package.json', () => {
    const json = JSON.stringify({
      bin: { x: 'dist/src/cli/main.js' },
      exports: { '.': { types: './dist/src/vitest/index.d.ts', default: './dist/src/vitest/index.js' } },
      scripts: { start: 'tsx src/cli/main.ts demo', bench: 'tsx src/cli/bench/main.ts', test: 'vitest run' },
    });
    expect(entryPoints(json)).toEqual(['src/cli/bench/main.ts', 'src/cli/main.ts', 'src/vitest/index.ts']);
  });
});
