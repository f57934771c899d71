export type { ModelAsk } from './ask.ts';
export { type ExchangeChunk, type ExchangeEnd, type ModelExchange, modelExchange } from './exchange.ts';
export { type ModelOptions, modelHandlers } from './handlers.ts';
export { type AnswerKey, ATTEMPT_HEADER, STEP_HEADER } from './ids.ts';
export type { Pacer } from './paced.ts';
export type {
  ModelCondition,
  ModelProvider,
  ModelRule,
  ModelScript,
  ReplyStep,
  StatusStep,
  TextMatch,
} from './script.ts';
