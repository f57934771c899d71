import type { Kernel } from '../kernel/kernel.ts';
import { type ModelScript, modelHandlers } from '../world/model/index.ts';
import { handlerSource, type ModelQuestion, type ModelSource, scriptSource } from '../world/model/source.ts';
import { errorScript, MODEL_SCRIPT } from './model-script.ts';
import type { Fault } from './scenario.ts';

type ModelError = Extract<Fault, { kind: 'model-error' }>;

/** How a run's providers reach their model: by looking the answer up, or through the msw request handlers. */
export type ModelAccess = 'look-up' | 'handlers';

const STATUSES = [401, 429, 500] as const;

/** By looking up: pure, so that one set serves all runs. */
const LOOK_UP = sources(scriptSource);

interface Sources {
  readonly normal: ModelSource;
  readonly errors: ReadonlyMap<number, ModelSource>;
}

function sources(sourceOf: (script: ModelScript) => ModelSource): Sources {
  return {
    normal: sourceOf(MODEL_SCRIPT),
    errors: new Map(STATUSES.map((status) => [status, sourceOf(errorScript(status))])),
  };
}

/** The scripted model of a run, with the HTTP errors that are switched on at the moment. */
export class ModelFaults implements ModelSource {
  readonly #kernel: Kernel;
  readonly #sources: Sources;
  /** With what to call when one of them answers a request. */
  readonly #active = new Map<ModelError, () => void>();

  /** `failed` is told of requests that no handler answers. */
  constructor(kernel: Kernel, access: ModelAccess, failed: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#sources = access === 'look-up' ? LOOK_UP : sources((script) => handlerSource(modelHandlers(script), failed));
  }

  /** `fired` is called for each request that it answers. */
  start(fault: ModelError, fired: () => void): void {
    this.#active.set(fault, fired);
  }

  stop(fault: ModelError): void {
    this.#active.delete(fault);
  }

  readonly answer: ModelSource['answer'] = (question, deliver) => {
    const fault = this.#faultFor(question);
    if (fault) {
      this.#active.get(fault)?.();
      this.#kernel.record('fault', 'model.error', `${fault.status} for ${question.ask.user}`);
    }
    const { normal, errors } = this.#sources;
    (fault ? errors.get(fault.status)! : normal).answer(question, deliver);
  };

  #faultFor({ ask }: ModelQuestion): ModelError | undefined {
    const phase = ask.round === 0 ? 'start' : 'mid-turn';
    const helper = ask.user.includes('helper');
    for (const fault of this.#active.keys()) {
      if (fault.when === phase && (fault.who === 'all' || helper)) return fault;
    }
    return undefined;
  }
}
