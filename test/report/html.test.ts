import { describe, expect, it } from 'vitest';
import { escapeHtml, scriptJson } from '../../src/report/html/escape.ts';
import { layOut } from '../../src/report/html/layout.ts';
import { runHtml } from '../../src/report/html.ts';
import { sampleFailure, sampleTrace } from './sample.ts';

describe('runHtml', () => {
  const page = runHtml(sampleFailure());

  it('gives the same bytes for the same failure', () => {
    expect(runHtml(sampleFailure())).toBe(page);
  });

  it('asks nobody for anything', () => {
    expect(page).not.toMatch(/\b(?:src|href|url|import)\s*[=(]|https?:|@import/);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`);
  });

  it('lets no text of the run become markup', () => {
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/[^\P{Cc}\n]/u);
    const evil = `"'><img onerror=x></title></script></svg>\u2028`;
    const { violation, result, canary } = sampleFailure();
    const trace = sampleTrace().map((entry) => ({
      ...entry,
      actor: `${entry.actor}${evil}`,
      type: evil,
      detail: evil,
    }));
    const rule = { ...violation.rule, id: evil, sentence: evil, source: evil };
    const wicked = { ...violation, subject: evil, expected: evil, seen: evil, rule };
    const all = runHtml(
      sampleFailure({
        result: { ...result, violation: wicked, trace, hash: evil, unfired: [evil] },
        canary: { ...canary!, id: evil, title: evil, source: evil },
        command: evil,
      }),
    );
    expect(all).not.toContain('<img');
    expect(
      [all.match(/<\/script>/g), all.match(/<\/style>/g), all.match(/<\/svg>/g)].map((found) => found?.length),
    ).toEqual([2, 1, 4]);
  });

  it('gives the cone rows of its own and hints at the rest; the other view has a row for each entry', () => {
    const [, causes, all] = page.split('class="scroll"');
    expect(causes!.match(/class="entry /g)).toHaveLength(20);
    expect(causes!.match(/class="band"/g)!.length).toBeGreaterThan(0);
    expect(all!.match(/class="entry /g)).toHaveLength(sampleTrace().length);
    expect(all).not.toContain('class="band"');
    expect(page.match(/class="ring"/g)).toHaveLength(2);
  });

  it('draws a run that broke nothing', () => {
    const calm = runHtml(sampleFailure({ result: { ...sampleFailure().result, violation: null }, canary: null }));
    expect(calm).toContain('This run keeps every rule.');
    expect(calm).not.toMatch(/class="(?:ring|entry cause|versus)/);
    expect(calm).toContain('"step":null');
    expect(calm).toContain('class="entry subject');
  });

  it('draws the fault as long as it lasts', () => {
    expect(page).toContain('<title>tmux-stall for 6 s</title>');
  });

  it('leaves out early entries of a long run, says so, and stays readable by its own script', () => {
    const last = sampleTrace().at(-1)!;
    const trace = Array.from({ length: 3_100 }, (_, seq) => ({
      ...last,
      detail: `${seq}`,
      seq,
      time: seq,
      cause: seq - 1,
    }));
    const { violation, result } = sampleFailure();
    const broken = { ...violation, step: 3_099 };
    const long = runHtml(sampleFailure({ result: { ...result, violation: broken, trace } }));
    expect(long).toContain('100 early entries left out');
    const data = JSON.parse(/id="entries">(.*)<\/script>/.exec(long)![1]!) as {
      step: number;
      entries: { seq: number }[];
    };
    expect(data.step).toBe(3_099);
    expect(data.entries[0]!.seq).toBe(100);
  });
});

describe('layOut', () => {
  const entries = sampleTrace();

  it('compresses time in which nothing happens, and never goes upwards', () => {
    const layout = layOut(entries, () => true);
    const heights = entries.map(({ seq }) => layout.yOf.get(seq)!);
    expect(heights).toEqual([...heights].sort((one, other) => one - other));
    expect(layout.items.filter(({ kind }) => kind === 'break')).toHaveLength(4);
    expect(layout.height).toBeLessThan(entries.length * 30);
  });

  it('finds the height of any point of time', () => {
    const { atTime, yOf } = layOut(entries, () => true);
    expect(atTime(-5)).toBe(yOf.get(0));
    expect(atTime(1e9)).toBe(yOf.get(34));
    expect(atTime(5_200)).toBe(yOf.get(18));
    expect(atTime(5_350)).toBeGreaterThan(atTime(5_200));
    expect(atTime(5_350)).toBeLessThan(atTime(5_500));
  });
});

it('escapes', () => {
  expect(escapeHtml(`<a b="c" d='e'>&\u0000\ud800`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd\ufffd');
  expect(JSON.parse(scriptJson('</script><!--\u2028&'))).toBe('</script><!--\u2028&');
  expect(scriptJson('</script><!--\u2028')).not.toMatch(/[<>\u2028]/);
});
