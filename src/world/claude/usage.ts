import { UnmodelledError } from '../unmodelled.ts';

interface Tally {
  readonly input: number;
  readonly output: number;
  readonly cost: number;
}

const NOTHING: Tally = { input: 0, output: 0, cost: 0 };

/** Dollars for a million tokens, and limits, of the models that were recorded. */
const MODELS: Readonly<Record<string, { readonly input: number; readonly output: number; readonly limits: object }>> = {
  'claude-sonnet-4-5': { input: 3, output: 15, limits: { contextWindow: 200_000, maxOutputTokens: 32_000 } },
};

/** Tokens of text that was streamed but never counted by the API: a quarter of its characters, at least one. */
export function estimateTokens(characters: number): number {
  return Math.max(1, Math.round(characters / 4));
}

/** Token counts and costs as `result` frames report them: per turn, since the last result, and for the whole session. */
export class Usage {
  readonly #model: string;
  #total: Tally;
  #since = NOTHING;
  #turn = NOTHING;

  /** @param spent what a resumed session had cost when it was last left in good order. */
  constructor(model: string, spent: Tally = NOTHING) {
    if (!MODELS[model]) throw new UnmodelledError('claude', `model ${model}`);
    this.#model = model;
    this.#total = spent;
  }

  /** For the session's record. */
  get spent(): Tally {
    return this.#total;
  }

  /** A message that came to its end, or was cut by the server (`output` is then what its opening event said). */
  message(input: number, output: number, counted = output): void {
    this.#turn = this.#plus(this.#turn, input, output);
    this.abandoned(input, counted);
  }

  /** A message that was given up: it costs, but the turn's own usage leaves it out. */
  abandoned(input: number, output: number): void {
    this.#total = this.#plus(this.#total, input, output);
    this.#since = this.#plus(this.#since, input, output);
  }

  /** The members of a `result` frame, and a fresh count for the next turn. */
  take(): {
    readonly total_cost_usd: number;
    readonly usage: object;
    readonly modelUsage: object;
    readonly model_usage_since_last_result: object;
  } {
    const report = {
      total_cost_usd: this.#total.cost,
      usage: turnUsage(this.#turn),
      modelUsage: this.#byModel(this.#total),
      model_usage_since_last_result: this.#byModel(this.#since),
    };
    this.#since = NOTHING;
    this.#turn = NOTHING;
    return report;
  }

  #plus(tally: Tally, input: number, output: number): Tally {
    const price = MODELS[this.#model]!;
    const cost = (input / 1e6) * price.input + (output / 1e6) * price.output;
    return { input: tally.input + input, output: tally.output + output, cost: tally.cost + cost };
  }

  #byModel(tally: Tally): object {
    if (tally.input === 0) return {};
    return {
      [this.#model]: {
        inputTokens: tally.input,
        outputTokens: tally.output,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        webSearchRequests: 0,
        costUSD: tally.cost,
        ...MODELS[this.#model]!.limits,
        thinkingTokens: 0,
        cacheCreationEphemeral5mInputTokens: 0,
        cacheCreationEphemeral1hInputTokens: 0,
        canonicalModel: this.#model,
        provider: 'firstParty',
        costBasis: 'list',
      },
    };
  }
}

function turnUsage({ input, output }: Tally): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: output,
    output_tokens_details: { thinking_tokens: 0 },
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
    service_tier: 'standard',
    cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
    inference_geo: '',
    iterations: [],
    speed: 'standard',
    fallback_credit: null,
  };
}
