import type { SESSION_STEPS } from '../kinds/sessions.ts';
import type { Acts } from './act.ts';

export const SESSION_ACTS: Acts<typeof SESSION_STEPS> = {
  suspend: (step, users) => {
    const chatId = users.chat(step);
    if (!users.daemon) return;
    users.simulation.book.suspendedByUser.add(chatId);
    void users.daemon.suspend(chatId);
  },
  wake: (step, users) => {
    const { book, workers, kernel } = users.simulation;
    const chatId = users.chat(step);
    if (!users.daemon) return;
    const before = workers.of(chatId).map(({ pid }) => pid);
    const since = workers.starts.length;
    void users.daemon.wake(chatId).then((answer) => {
      kernel.record('user', answer.ok ? 'sees the terminal' : 'sees no terminal', answer.ok ? '' : answer.reason);
      if (!answer.ok) return;
      const started = workers.starts.slice(since).map(({ pid }) => pid);
      book.wakes.push({ chatId, panePid: answer.panePid, live: [...before, ...started] });
    });
  },
  type: (step, users) => {
    const { book, workers, kernel } = users.simulation;
    const chatId = users.chat(step);
    if (!users.daemon) return;
    const inputId = users.next('i');
    const input = {
      inputId,
      chatId,
      endedBefore: workers.ended(chatId),
      at: kernel.now,
      outcome: null as string | null,
    };
    book.inputs.push(input);
    void users.daemon.type(chatId, inputId, `<${inputId}>\r`).then(({ outcome, reason }) => {
      kernel.record('user', `typed: ${outcome}`, reason);
      input.outcome = outcome;
    });
  },
};
