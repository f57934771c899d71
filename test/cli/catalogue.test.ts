import { describe, expect, it } from 'vitest';
import { loadCanaries } from '../../src/explore/canaries.ts';
import { allRules } from '../../src/scenario/all-rules.ts';
import { FAULTS, STEPS } from '../../src/scenario/kinds/catalogue.ts';
import { cli } from './fake-io.ts';

async function names(what: string): Promise<string[]> {
  const { code, out, err } = await cli('catalogue', what, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const entries = JSON.parse(out) as { readonly id?: string; readonly name?: string }[];
  return entries.map(({ id, name }) => id ?? name ?? '').sort();
}

describe('catalogue', () => {
  it('lists every rule, kind and known bug', async () => {
    expect(await names('rules')).toEqual(
      allRules()
        .map(({ id }) => id)
        .sort(),
    );
    expect(await names('steps')).toEqual(Object.keys(STEPS).sort());
    expect(await names('faults')).toEqual(Object.keys(FAULTS).sort());
    expect(await names('bugs')).toEqual((await loadCanaries()).map(({ id }) => id).sort());
  });

  it('names the known bugs that break a rule', async () => {
    const { out } = await cli('catalogue', 'rules');
    expect(out).toMatch(
      /^live-sessions-are-kept \(safety\)\n {2}A live session .*\n {2}from {3}facts\/.*\n {2}bugs .*boolean-probe/m,
    );
  });

  it('says what a fault looks like, and which values its fields take', async () => {
    const { out } = await cli('catalogue', 'faults');
    expect(out).toMatch(/^clock-step \(.*\)\n {2}e\.g\. .+\n {2}at {3,}virtual ms after the set-up/m);
    expect(out).toContain('index of a pair');
  });

  it('says what chats can be', async () => {
    const { out } = await cli('catalogue', 'setup');
    expect(out).toMatch(/^ {2}backend +"tmux" or "zellij" or "herdr"$/m);
  });

  it('says which catalogues there are', async () => {
    const { code, err } = await cli('catalogue', 'fruit');
    expect(code).toBe(2);
    expect(err).toContain("there is no catalogue of 'fruit'; there are: rules, steps, faults, setup, bugs");
  });
});
