import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf } from '../../src/cli/check.ts';
import { readRepro, reproText } from '../../src/cli/repro-file.ts';
import { scenarioArbitrary } from '../../src/explore/arbitrary.ts';
import type { ReproFile } from '../../src/explore/types.ts';
import { SAMPLE_SCENARIO } from '../report/sample.ts';

const REPRO: ReproFile = {
  format: 1,
  reprise: '0.1.0',
  rule: 'live-sessions-are-kept',
  canary: null,
  hash: '0123456789abcdef',
  scenario: SAMPLE_SCENARIO,
};
const TEXT = reproText(REPRO);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-repro-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): ReproFile {
  const path = join(folder, 'x.json');
  writeFileSync(path, text);
  return readRepro(path);
}

describe('repro files', () => {
  it('have a line for each step, fault and choice', () => {
    expect(TEXT).toMatchInlineSnapshot(`
      "{
        "format": 1,
        "reprise": "0.1.0",
        "rule": "live-sessions-are-kept",
        "canary": null,
        "hash": "0123456789abcdef",
        "scenario": {
          "format": 1,
          "pairs": 1,
          "chats": [
            {"provider":"codex","pair":0},
            {"provider":"claude","pair":0}
          ],
          "coTenant": false,
          "steps": [
            {"at":100,"do":"attach","chat":0},
            {"at":1500,"do":"restart"}
          ],
          "faults": [
            {"at":1200,"kind":"tmux-stall","forMs":6000}
          ],
          "choices": [
            ["delay",4,3]
          ]
        }
      }
      "
    `);
  });

  it('are read back as they were written, whatever the scenario', () => {
    const property = fc.property(scenarioArbitrary(), (scenario) => {
      expect(read(reproText({ ...REPRO, scenario }))).toEqual({ ...REPRO, scenario });
    });
    fc.assert(property, { numRuns: 100, seed: 1 });
  });

  it.each([
    ['', ':1: not JSON: the file ends where the document should go on'],
    [TEXT.replace('"rule"', 'rule'), ':4: not JSON: there is "r"'],
    [TEXT.slice(0, -4), ':25: not JSON: the file ends'],
    ['[]', ':1: the file: expected an object, found []'],
    ['{}', ':1: the file: expected the key "format"'],
    [TEXT.replace('"format": 1', '"format": 2'), ':2: format: expected one of 1, found 2'],
    [TEXT.replace('"pairs": 1', '"pairs": 65'), ':9: scenario.pairs: expected a whole number from 1 to 64, found 65'],
    [
      TEXT.replace('"claude"', '"clod"'),
      ':12: scenario.chats[1].provider: expected one of "codex", "claude", found "clod"',
    ],
    [
      TEXT.replace('"attach"', '"atach"'),
      ':16: scenario.steps[0].do: expected one of "message", "answer", "interrupt"',
    ],
    [TEXT.replace('"at":1500,', ''), ':17: scenario.steps[1]: expected the key "at"'],
    [
      TEXT.replace('"forMs":6000', '"forMs":-1'),
      ':20: scenario.faults[0].forMs: expected a whole number from 0 on, found -1',
    ],
    [
      TEXT.replace('"forMs"', '"forms"'),
      ':20: scenario.faults[0].forms: expected no such key (known: kind, at, forMs)',
    ],
    [TEXT.replace('["delay",4,3]', '["delay",4]'), ':23: scenario.choices[0]: expected a list of 3 elements'],
    [
      TEXT.replace('["delay",4,3]', '["delay",4,0]'),
      ':23: scenario.choices[0][2]: expected a whole number from 1 on, found 0',
    ],
    [TEXT.replace('"rule": "live-sessions-are-kept"', '"rule": 7'), ':4: rule: expected a text, or null, found 7'],
    [
      TEXT.replace('"coTenant": false', '"coTenant": "no"'),
      ':14: scenario.coTenant: expected true or false, found "no"',
    ],
  ])('%#: what is wrong is named with its line', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/Correct the line, or let 'reprise explore' write the file again/);
  });

  it('may be a scenario alone, which is expected to pass', () => {
    const alone = { ...REPRO, reprise: expect.any(String), rule: null, hash: null };
    expect(read(JSON.stringify(SAMPLE_SCENARIO))).toEqual(alone);
    expect(() => read('{"steps":[]}')).toThrow(':1: the file: expected the key "format"');
  });

  it('that are not there are named', () => {
    expect(() => readRepro(join(folder, 'none.json'))).toThrow(
      /none\.json: cannot be read: there is no such file or directory/,
    );
    expect(() => readRepro(folder)).toThrow(/it is a directory/);
  });
});

it('lineOf finds every value of any JSON', () => {
  const property = fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
    const text = JSON.stringify(value, null, 1);
    for (const { path, json } of valuesIn(value)) {
      const line = text.split('\n')[lineOf(text, path) - 1]!;
      expect(line).toContain(json.slice(0, 1));
      if (!/^[[{]/.test(json)) expect(line).toContain(json);
    }
  });
  fc.assert(property, { numRuns: 300, seed: 1 });
});

function* valuesIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<{ path: readonly (string | number)[]; json: string }> {
  yield { path, json: JSON.stringify(value) };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* valuesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}
