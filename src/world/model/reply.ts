import type { ModelAsk } from './ask.ts';
import { errorAnswer } from './errors.ts';
import { ChunkWriter, type ModelExchange } from './exchange.ts';
import type { AnswerKey } from './ids.ts';
import type { ModelRule, ReplyStep, TextChunk } from './script.ts';

type ToolStep = Extract<ReplyStep, { do: 'tool' }>;

/** How one provider puts an answer on the wire. Each method returns the text of the stream events to send. */
export interface Dialect {
  readonly headers: Readonly<Record<string, string>>;
  /** Opens the answer. Called once, before any content. */
  start(): string;
  openText(): string;
  openReasoning(): string;
  delta(text: string): string;
  /** Opens a tool call and sends its arguments; `close` ends it. */
  tool(name: string, input: Readonly<Record<string, unknown>> | string): string;
  shellTool(command: string): { readonly name: string; readonly input: Readonly<Record<string, unknown>> };
  /** Ends the open content item. */
  close(): string;
  finish(stopReason?: string): string;
  fail(code: string, message: string): string;
}

/** Plays a rule's reply in a provider's dialect. */
export function playReply(rule: ModelRule, ask: ModelAsk, key: AnswerKey, dialect: Dialect): ModelExchange {
  const out = new ChunkWriter();
  let started = false;
  let open = false;
  let finished = false;

  const start = (): void => {
    if (!started) out.send(dialect.start());
    started = true;
  };
  const close = (): void => {
    if (open) out.send(dialect.close());
    open = false;
  };
  const chunks = (list: readonly TextChunk[], gapMs: number): void => {
    for (const chunk of list) {
      const { text, gapMs: gap } = typeof chunk === 'string' ? { text: chunk, gapMs } : chunk;
      out.wait(gap);
      out.send(dialect.delta(text));
    }
  };
  const content = (opening: () => string): void => {
    start();
    close();
    out.send(opening());
    open = true;
  };
  const toolParts = (step: ToolStep): [string, Readonly<Record<string, unknown>> | string] => {
    if (!('command' in step)) return [step.name, step.input];
    const shell = dialect.shellTool(step.command);
    return [shell.name, { ...shell.input, ...step.input }];
  };

  for (const step of rule.reply) {
    switch (step.do) {
      case 'status': {
        const { headers, body } = errorAnswer(ask.provider, step, key);
        out.send(body);
        return out.finish(step.status, headers);
      }
      case 'wait':
        out.wait(step.ms);
        break;
      case 'gate':
        out.gate(step.name);
        break;
      case 'headers':
        out.head();
        break;
      case 'start':
        start();
        break;
      case 'text':
        content(() => dialect.openText());
        chunks(step.chunks, step.gapMs ?? 0);
        break;
      case 'reasoning':
        content(() => dialect.openReasoning());
        chunks(step.chunks, step.gapMs ?? 0);
        break;
      case 'tool': {
        const [name, input] = toolParts(step);
        content(() => dialect.tool(name, input));
        break;
      }
      case 'stop':
        close();
        break;
      case 'raw':
        start();
        out.send(step.text);
        break;
      case 'finish':
        start();
        close();
        out.send(dialect.finish(step.stopReason));
        finished = true;
        break;
      case 'fail':
        start();
        out.send(dialect.fail(step.code, step.message));
        finished = true;
        break;
      case 'cut':
      case 'hang':
        out.end(step.do);
        break;
      case 'end':
        out.end('close');
        break;
    }
  }
  if (!out.ended && !finished) {
    start();
    close();
    out.send(dialect.finish());
  }
  return out.finish(200, { ...dialect.headers, ...rule.headers });
}
