import type { Pipes } from '../../world/pipes.ts';
import type { Proc } from '../../world/proc.ts';
import { breakingOff, dropping, muteAfter, replacing } from '../../world/wire.ts';
import type { WIRE_FAULTS } from '../kinds/wire.ts';
import { chatName, type Fault, pairName } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviours } from './behaviour.ts';
import { appServerOf, runningChild } from './providers.ts';
import { FRAMES, NOISE, UNKNOWN_REQUEST } from './wire-frames.ts';

const NO_PROCESS = 'its chat has no provider process at this time';
const NOT_SEEN = 'no such frame came';

type Of<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

type Provider = 'codex' | 'claude';

/** How the daemon names the processes that a fault's chat talks to. */
function laneOf(fault: { readonly chat: number }, simulation: Simulation): { prefix: string; provider: Provider } {
  const { scenario, status } = simulation;
  const chatId = chatName(scenario, fault.chat);
  const { provider, pair } = scenario.chats[fault.chat % scenario.chats.length]!;
  const pairId = status?.chats.find((chat) => chat.chatId === chatId)?.pairId ?? pairName(scenario, pair);
  return { prefix: provider === 'codex' ? `codex ${pairId}#` : `claude ${chatId}#`, provider };
}

/** The process that a fault's chat talks to, and the pipes to it. */
function wireOf(fault: { readonly chat: number }, simulation: Simulation) {
  const { prefix, provider } = laneOf(fault, simulation);
  const proc = runningChild(simulation, prefix);
  const pipes = proc === null ? undefined : simulation.incarnation?.children.get(proc.pid);
  return proc && pipes ? { pipes, proc, frames: FRAMES[provider], provider } : null;
}

const VERSION = /\/\d+\.\d+\.\d+ /;
const isUserAgent = (line: string): boolean => line.includes('"userAgent"');
const beOld = (line: string): string => line.replace(VERSION, '/0.1.0 ');

/** False when this cannot happen to this provider. */
function spoilStart(wire: Pipes, how: Of<'bad-start'>['how'], provider: Provider): boolean {
  const { proc } = wire;
  // Nobody asks claude for its version.
  if (!proc || (how === 'old' && provider === 'claude')) return false;
  if (how === 'slow' || how === 'stuck') proc.holdUp(how === 'slow' ? 6_000 : 45_000);
  else if (how === 'silent') wire.tapStdout(muteAfter(0));
  else if (how === 'noisy') wire.inject(NOISE.banner[provider]);
  else if (how === 'old') wire.tapStdout(replacing(isUserAgent, beOld, () => {}));
  else proc.after(40, () => failAtStart(proc));
  return true;
}

function failAtStart(proc: Proc): void {
  proc.stderr('database is locked\n');
  proc.exit(1);
}

/** Who spoils starts, by fault. */
const spoiling = new WeakMap<Of<'bad-start'>, Simulation['onSpawn'][number]>();

function spoilNoMore(fault: Of<'bad-start'>, { onSpawn }: Simulation): void {
  const spoil = spoiling.get(fault);
  if (spoil) onSpawn.splice(onSpawn.indexOf(spoil), 1);
  spoiling.delete(fault);
}

/** Stopped processes by the fault that stopped them. */
const stopped = new WeakMap<Of<'provider-hang'>, Proc>();

export const WIRE_BEHAVIOURS: Behaviours<typeof WIRE_FAULTS> = {
  'provider-hang': {
    start(fault, { simulation }) {
      const wire = wireOf(fault, simulation);
      if (!wire) return NO_PROCESS;
      const { proc } = wire;
      stopped.set(fault, proc);
      simulation.providers.disturb(proc);
      proc.receive('SIGSTOP');
      simulation.kernel.schedule(fault.forMs, () => proc.receive('SIGCONT'));
      return null;
    },
    heal(fault) {
      stopped.get(fault)?.receive('SIGCONT');
      stopped.delete(fault);
    },
  },
  'provider-mute': {
    start(fault, { simulation }) {
      const wire = wireOf(fault, simulation);
      if (!wire) return NO_PROCESS;
      simulation.providers.disturb(wire.proc, 'for good');
      wire.pipes.tapStdout(muteAfter(fault.frames));
      return null;
    },
  },
  'stdout-closed': {
    start(fault, { simulation }) {
      const wire = wireOf(fault, simulation);
      if (!wire) return NO_PROCESS;
      simulation.providers.disturb(wire.proc, 'for good');
      wire.pipes.closeStdout();
      return null;
    },
  },
  'wire-noise': {
    start(fault, stage) {
      const wire = wireOf(fault, stage.simulation);
      if (!wire) return NO_PROCESS;
      const { pipes, provider } = wire;
      if (fault.what === 'unknown-request')
        stage.simulation.questions.expect(pipes, UNKNOWN_REQUEST[provider], stage.simulation.now);
      if (fault.what === 'stderr') pipes.stderr(NOISE.stderr);
      else if (fault.what === 'oversized') pipes.injectLong('x'.repeat(1_000_000), 68, '\n');
      else pipes.inject(NOISE[fault.what][provider]);
      return null;
    },
  },
  'dies-writing': {
    start(fault, stage) {
      const { simulation } = stage;
      const wire = wireOf(fault, simulation);
      if (!wire) return NO_PROCESS;
      const { pipes, proc, frames, provider } = wire;
      const die = (line: string): string => {
        stage.fired(fault);
        simulation.kernel.schedule(0, () => proc.exit(1));
        if (fault.said === 'half') return line.slice(0, line.length / 2);
        if (provider === 'codex') simulation.providers.faults.lastWords.set(proc, line);
        return line.trimEnd();
      };
      pipes.tapStdout(breakingOff((line) => !simulation.healed && frames.end(line), die));
      return NOT_SEEN;
    },
  },
  'raw-newline': {
    start(fault, stage) {
      const wire = wireOf(fault, stage.simulation);
      if (!wire) return NO_PROCESS;
      const spoil = (line: string): string => `{"note":"one\ntwo",${line.slice(1)}`;
      wire.pipes.tapStdout(
        replacing(
          (line) => line.startsWith('{') && wire.frames.end(line),
          spoil,
          () => stage.fired(fault),
        ),
      );
      return NOT_SEEN;
    },
  },
  'frames-lost': {
    start(fault, stage) {
      const wire = wireOf(fault, stage.simulation);
      if (!wire) return NO_PROCESS;
      const { pipes, proc, frames } = wire;
      const lost = (): void => {
        stage.simulation.providers.disturb(proc);
        stage.fired(fault);
      };
      pipes.tapStdout(dropping(frames[fault.which], fault.which === 'rest' ? frames.restCount : 1, lost));
      return NOT_SEEN;
    },
  },
  'frame-twice': {
    start(fault, stage) {
      const wire = wireOf(fault, stage.simulation);
      if (!wire) return NO_PROCESS;
      const { pipes, frames } = wire;
      const twice = (line: string): string => line + line;
      pipes.tapStdout(replacing(frames[fault.which], twice, () => stage.fired(fault)));
      return NOT_SEEN;
    },
  },
  'response-late': {
    start(fault, stage) {
      const { simulation } = stage;
      const wire = wireOf(fault, simulation);
      if (!wire) return NO_PROCESS;
      const { pipes, proc, frames } = wire;
      const hold = (line: string): string => {
        // A response that comes in time is no reason to give up a process.
        if (fault.byMs >= simulation.config.timers.requestTimeoutMs - 1_000) simulation.providers.disturb(proc);
        stage.fired(fault);
        simulation.kernel.schedule(fault.byMs, () => {
          if (proc.alive) pipes.inject(line);
        });
        return '';
      };
      pipes.tapStdout(replacing(frames[fault.which], hold, () => {}));
      return NOT_SEEN;
    },
  },
  refusals: {
    start(fault, stage) {
      const { simulation } = stage;
      const proc = appServerOf(fault, simulation);
      if (!proc) return 'its pair has no app-server at this time';
      simulation.providers.faults.refuse(proc, fault.how, fault.times, () => stage.fired(fault));
      return 'nothing was asked of it';
    },
  },
  'bad-start': {
    start(fault, stage) {
      const { simulation } = stage;
      const { prefix, provider } = laneOf(fault, simulation);
      let left: number = fault.starts;
      const spoil = (lane: string, pid: number): void => {
        const wire = simulation.incarnation?.children.get(pid);
        if (left === 0 || !wire || !lane.startsWith(prefix)) return;
        left--;
        if (spoilStart(wire, fault.how, provider)) stage.fired(fault);
      };
      simulation.onSpawn.push(spoil);
      spoiling.set(fault, spoil);
      runningChild(simulation, prefix)?.exit(1);
      simulation.kernel.schedule(fault.forMs, () => spoilNoMore(fault, simulation));
      return 'nothing was started';
    },
    heal: (fault, { simulation }) => spoilNoMore(fault, simulation),
  },
  'model-hang': {
    start(fault, stage) {
      const wire = wireOf(fault, stage.simulation);
      if (!wire) return NO_PROCESS;
      stage.simulation.providers.faults.hangModel(wire.proc.pid, fault.after, () => stage.fired(fault));
      return 'it asked the model nothing';
    },
  },
  stubborn: {
    start(fault, { simulation }) {
      const proc = wireOf(fault, simulation)?.proc;
      if (!proc) return NO_PROCESS;
      proc.onStdinEnd = null;
      proc.onSignal = () => true;
      return null;
    },
  },
};
