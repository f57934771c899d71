import type { ExchangeChunk, ModelExchange } from './exchange.ts';

/** Time as the one who delivers an answer has it. Both reject when `signal` aborts, or to break the connection. */
export interface Pacer {
  wait(ms: number, signal: AbortSignal): Promise<void>;
  gate(name: string, signal: AbortSignal): Promise<void>;
}

/** The answer as a response that really takes its time. Resolves when the head would be sent; rejects when `signal` aborts before. */
export async function pacedResponse(exchange: ModelExchange, pacer: Pacer, signal: AbortSignal): Promise<Response> {
  const pass = async (timing: Pick<ExchangeChunk, 'gapMs' | 'gate'>): Promise<void> => {
    if (timing.gate !== undefined) await pacer.gate(timing.gate, signal);
    if (timing.gapMs > 0) await pacer.wait(timing.gapMs, signal);
    signal.throwIfAborted();
  };
  const [first, ...rest] = exchange.chunks;
  await pass(first ?? exchange.end);
  if (!first) {
    if (exchange.end.kind === 'hang') await aborted(signal);
    return Response.error();
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      try {
        controller.enqueue(encoder.encode(first.text));
        for (const chunk of rest) {
          await pass(chunk);
          controller.enqueue(encoder.encode(chunk.text));
        }
        await pass(exchange.end);
        if (exchange.end.kind === 'hang') await aborted(signal);
        if (exchange.end.kind === 'close') controller.close();
        else controller.error(new Error('connection cut by the model script'));
      } catch (error) {
        controller.error(error);
      }
    },
  });
  return new Response(body, { status: exchange.status, headers: exchange.headers });
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
