import { afterEach } from 'vitest';
import { drain, inMacrotask } from '../../src/kernel/drain.ts';
import { ownCore } from '../../src/scenario/core-module.ts';
import type { ChatSetup } from '../../src/scenario/scenario.ts';
import { setUp } from '../../src/scenario/set-up.ts';
import { Simulation } from '../../src/scenario/simulation.ts';

const open: Simulation[] = [];
afterEach(() => {
  for (const simulation of open.splice(0)) simulation.dispose();
});

/** A daemon on a simulated machine, with one live pair and these chats (c1, c2, …) open on it. */
export async function simulatedDaemon(chats: readonly Partial<ChatSetup>[]) {
  const simulation = new Simulation(
    {
      ...{ format: 1, pairs: 1, coTenant: false, steps: [], faults: [], choices: [] },
      chats: chats.map((chat) => ({ provider: 'codex', pair: 0, ...chat })),
    },
    { core: ownCore, keepTrace: false, model: 'look-up', observe: false },
  );
  open.push(simulation);
  /** Lets so many virtual ms pass. */
  const pass = (ms: number) =>
    inMacrotask(() => {
      const until = simulation.now + ms;
      drain();
      while (simulation.kernel.step(until)) drain();
      simulation.kernel.advanceTo(until);
    });
  const after = async <Value>(ms: number, asked: Promise<Value>): Promise<Value> => {
    await pass(ms);
    return asked;
  };
  simulation.boot();
  await pass(10);
  void setUp(simulation);
  await pass(4_000);
  return { simulation, daemon: () => simulation.daemon!, pass, after };
}
