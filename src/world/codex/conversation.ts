import type { AnswerKey, ModelAsk } from '../model/index.ts';
import type { ModelHttpRequest, ModelQuestion } from '../model/source.ts';
import type { StoredThread } from './store.ts';

/** The next request of a thread to its model; `attempt` counts repetitions of the same conversation. */
export function modelQuestion(thread: StoredThread, step: number, attempt: number): ModelQuestion {
  const key: AnswerKey = { lane: thread.threadId, step, attempt };
  return { key, ask: askOf(thread), http: () => httpOf(thread) };
}

function askOf(thread: StoredThread): ModelAsk {
  const { history, threadId, home } = thread;
  const lastUser = history.findLastIndex((entry) => entry.by === 'user');
  let round = 0;
  let toolResults: string[] = [];
  for (let index = lastUser + 1; index < history.length; index++) {
    const entry = history[index]!;
    if (entry.by === 'tool') {
      toolResults.push(entry.text);
    } else {
      // Several items of one answer stand side by side.
      if (history[index - 1]?.by !== 'model') round++;
      toolResults = [];
    }
  }
  return {
    provider: 'openai',
    model: home.config.model,
    stream: true,
    lane: threadId,
    user: history[lastUser]?.text ?? '',
    toolResults,
    round,
    length: history.length,
  };
}

function httpOf(thread: StoredThread): ModelHttpRequest {
  return {
    path: '/v1/responses',
    headers: { 'thread-id': thread.threadId, 'session-id': thread.threadId },
    body: { model: thread.home.config.model, stream: true, input: thread.history.map((entry) => entry.item) },
  };
}
