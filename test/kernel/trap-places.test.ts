import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const FIXTURE = 'test/kernel/fixtures/leak.ts';

/** Compiles as `npm run build` does. */
function compile(source: string): string {
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

/** The package as it is when installed, with two users of it: its own core, and another package. */
function installInto(directory: string): string {
  const home = join(directory, 'node_modules', 'reprise', 'dist');
  mkdirSync(join(home, 'kernel'), { recursive: true });
  mkdirSync(join(home, 'core'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(join(directory, 'node_modules', 'reprise', 'package.json'), '{"name":"reprise","type":"module"}');
  for (const file of readdirSync('src/kernel')) {
    const compiled = compile(readFileSync(join('src/kernel', file), 'utf8'));
    writeFileSync(join(home, 'kernel', file.replace(/\.ts$/, '.js')), compiled);
  }
  writeFileSync(join(home, 'core', 'clock-user.js'), 'export const coreNow = () => Date.now();\n');
  const other = join(directory, 'node_modules', 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'package.json'), '{"name":"other","type":"module","exports":"./index.js"}');
  writeFileSync(join(other, 'index.js'), 'export const packageNow = () => Date.now();\n');
  const main = join(directory, 'main.js');
  writeFileSync(
    main,
    `import { packageNow } from 'other';
import { coreNow } from './node_modules/reprise/dist/core/clock-user.js';
import { EscapeTrap } from './node_modules/reprise/dist/kernel/trap.js';
const trap = new EscapeTrap();
const attempt = (use) => { try { return typeof use(); } catch (error) { return error.message; } };
trap.arm(() => {});
const seen = [packageNow, coreNow, () => Date.now()].map(attempt);
trap.disarm();
console.log(JSON.stringify(seen));
`,
  );
  return main;
}

describe('the escape trap', () => {
  it('names the line of the source under tsx, which runs other text than was written', () => {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', FIXTURE], { encoding: 'utf8' });
    const line =
      readFileSync(FIXTURE, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('// the escape')) + 1;
    expect(printed).toMatch(new RegExp(`^${FIXTURE}:${line}:\\d+: Date.now was used during a simulated run`));
  });

  it('watches its own package when that is installed, but no other', () => {
    const directory = mkdtempSync(join(tmpdir(), 'reprise-trap-'));
    try {
      const printed = execFileSync(process.execPath, [installInto(directory)], { cwd: directory, encoding: 'utf8' });
      const [fromPackage, fromCore, fromUser] = JSON.parse(printed) as string[];
      expect(fromPackage).toBe('number');
      expect(fromCore).toMatch(/^node_modules\/reprise\/dist\/core\/clock-user\.js:1:\d+: Date\.now was used/);
      expect(fromUser).toMatch(/^main\.js:7:\d+: Date\.now was used/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
