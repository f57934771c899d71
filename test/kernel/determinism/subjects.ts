import { scenarioOfRun } from '../../../src/explore/arbitrary.ts';
import { ChoiceList } from '../../../src/kernel/choices.ts';
import { inMacrotask, runKernel } from '../../../src/kernel/drain.ts';
import { Fence, Kernel, Lane } from '../../../src/kernel/kernel.ts';
import { runScenario } from '../../../src/scenario/run.ts';

/** Something that must come out the same in every process, under every load, in every environment. */
export interface Subject {
  readonly name: string;
  /** Runs it anew and returns the hash of its trace. */
  hash(): Promise<string>;
}

/** To compare something else across processes and environments, a whole scenario for instance, add it to this list. */
export const subjects: readonly Subject[] = [
  { name: 'two incarnations, calm', hash: () => hashOf([]) },
  {
    name: 'two incarnations, ties and delays chosen',
    hash: () => hashOf(Array.from({ length: 60 }, (_, at) => [at % 2 ? 'pick' : 'delay', at * 2, 1 + (at % 5)])),
  },
  { name: '25 generated scenarios, whole', hash: hashOfScenarios },
];

/** The real core, the simulated machine, SQLite, both providers: hashes of all runs, in one text. */
function hashOfScenarios(): Promise<string> {
  return inMacrotask(() => Array.from({ length: 25 }, (_, run) => runScenario(scenarioOfRun(31, run)).hash).join(' '));
}

async function hashOf(choices: ConstructorParameters<typeof ChoiceList>[0]): Promise<string> {
  const kernel = new Kernel({ choices: new ChoiceList(choices) });
  await inMacrotask(() => {
    const first = new Fence();
    startDaemon(kernel, first, 'daemon#1');
    kernel.schedule(150, () => {
      kernel.record('daemon#1', 'crash');
      first.close();
      kernel.schedule(20, () => startDaemon(kernel, new Fence(), 'daemon#2'));
    });
    runKernel(kernel, 1_500);
  });
  return kernel.trace.hash;
}

/** Clients that queue work over an ordered pipe to workers whose answers take varying time; all in ordinary async code. */
function startDaemon(kernel: Kernel, fence: Fence, name: string): void {
  const sleep = (ms: number) => new Promise<void>((resolve) => void kernel.schedule(ms, resolve, { fence }));
  const pipe = new Lane();
  const waiting = new Map<string, (answer: string) => void>();
  const ask = (question: string) =>
    new Promise<string>((resolve) => {
      waiting.set(question, resolve);
      const delay = 1 + kernel.choose('delay', 8);
      const answer = () => {
        kernel.record('worker', 'answer', question);
        waiting.get(question)?.(`${question}!`);
      };
      kernel.schedule(delay, answer, { fence, lane: pipe });
    });
  async function* rounds(count: number): AsyncGenerator<number> {
    for (let round = 0; round < count; round++) {
      await sleep((round * 7) % 5);
      yield round;
    }
  }
  const client = async (id: number): Promise<void> => {
    for await (const round of rounds(30)) {
      kernel.record(`${name} client ${id}`, 'ask', `question ${round} – ünïcode`);
      const [answer] = await Promise.all([ask(`${id}.${round}`), sleep(3)]);
      kernel.record(`${name} client ${id}`, 'answered', answer);
    }
  };
  for (let id = 0; id < 8; id++) void client(id);
}
