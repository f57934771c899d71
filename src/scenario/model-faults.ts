import type { Kernel } from '../kernel/kernel.ts';
import { type ModelQuestion, type ModelSource, scriptSource } from '../world/model/source.ts';
import { errorScript, MODEL_SCRIPT } from './model-script.ts';
import type { Fault } from './scenario.ts';

type ModelError = Extract<Fault, { kind: 'model-error' }>;

const NORMAL = scriptSource(MODEL_SCRIPT);
const ERRORS = {
  401: scriptSource(errorScript(401)),
  429: scriptSource(errorScript(429)),
  500: scriptSource(errorScript(500)),
};

/** The scripted model of a run, with the HTTP errors that are switched on at the moment. */
export class ModelFaults implements ModelSource {
  readonly #kernel: Kernel;
  readonly #active = new Set<ModelError>();
  /** Faults that have answered a request. */
  readonly fired = new Set<ModelError>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  start(fault: ModelError): void {
    this.#active.add(fault);
  }

  stop(fault: ModelError): void {
    this.#active.delete(fault);
  }

  readonly answer: ModelSource['answer'] = (question, deliver) => {
    const fault = this.#faultFor(question);
    if (fault) {
      this.fired.add(fault);
      this.#kernel.record('fault', 'model.error', `${fault.status} for ${question.ask.user}`);
    }
    (fault ? ERRORS[fault.status] : NORMAL).answer(question, deliver);
  };

  #faultFor({ ask }: ModelQuestion): ModelError | undefined {
    const phase = ask.round === 0 ? 'start' : 'mid-turn';
    const helper = ask.user.includes('helper');
    for (const fault of this.#active) {
      if (fault.when === phase && (fault.who === 'all' || helper)) return fault;
    }
    return undefined;
  }
}
