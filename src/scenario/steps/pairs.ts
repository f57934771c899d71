import type { PAIR_STEPS, SEAT_STEPS } from '../kinds/pairs.ts';
import { judgeAnswer, pairOf } from '../rules/pair-answers.ts';
import type { Acts } from './act.ts';
import type { Users } from './users.ts';

/** The port where a pair's TUIs connect: whoever starts one knows it from the daemon, and keeps it. */
function startTui(users: Users, pairId: string, who: string): void {
  const { simulation, status } = users;
  const port = pairOf(status, pairId)?.port ?? simulation.book.ports.get(pairId);
  if (port === undefined) return;
  simulation.book.ports.set(pairId, port);
  simulation.tuis.start(pairId, port, `${who}-${pairId}`);
}

export const PAIR_ACTS: Acts<typeof SEAT_STEPS & typeof PAIR_STEPS> = {
  'tui-connect': (step, users) => startTui(users, users.pair(step), 'tui'),
  'tui-other': (step, users) => startTui(users, users.pair(step), 'other'),
  'tui-disconnect': (step, users) => users.simulation.tuis.last(users.pair(step))?.run.leave('bye'),
  'tui-kill': (step, users) => {
    const tui = users.simulation.tuis.last(users.pair(step));
    if (tui) users.simulation.machine.kill(0, tui.run.proc.pid, 'SIGKILL');
  },
  claim: (step, users) => {
    const { daemon, status, simulation } = users;
    const chatId = users.chat(step);
    const pairId = users.pair(step);
    if (!daemon || !status) return;
    const { book } = simulation;
    const answer = daemon.attach(chatId, pairId);
    simulation.kernel.record('user', answer.ok ? 'has the seat' : 'has no seat', answer.ok ? pairId : answer.code);
    if (answer.ok) {
      book.attached.add(chatId);
      book.detachedAt.delete(chatId);
      book.movedAt.set(chatId, simulation.now);
    }
    judgeAnswer(users, { asked: 'claim', chatId, pairId, before: status }, answer);
  },
  'pair-ensure': (step, users) => {
    const { daemon, status, simulation } = users;
    const pairId = users.pair(step);
    if (!daemon || !status) return;
    const done = simulation.book.asksOf(pairId);
    void daemon.ensurePair(pairId).then((answer) => {
      done();
      simulation.kernel.record('user', answer.ok ? 'pair runs' : 'pair does not run', answer.ok ? pairId : answer.code);
      judgeAnswer(users, { asked: 'ensure', pairId, before: status }, answer);
    });
  },
  'pair-destroy': (step, users) => {
    const { daemon, status, simulation } = users;
    const pairId = users.pair(step);
    if (!daemon || !status) return;
    const { force, forget } = step;
    const done = simulation.book.asksOf(pairId);
    void daemon.destroyPair(pairId, { force, forget }).then((answer) => {
      done();
      simulation.kernel.record('user', answer.ok ? 'pair is gone' : 'pair stays', answer.ok ? pairId : answer.code);
      if (answer.ok && forget) simulation.book.forgotten(pairId);
      judgeAnswer(users, { asked: 'destroy', pairId, force, before: status }, answer);
    });
  },
};
