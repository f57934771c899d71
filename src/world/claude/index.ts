import type { Machine } from '../machine.ts';
import { type ClaudeOptions, ClaudeWorld } from './world.ts';

export type { ModelFault, StartFault } from '../model/faults.ts';
export { type ClaudeClips, clipsFrom } from './clips.ts';
export type { ClaudeFaults, ModelRequestInfo } from './faults.ts';
export type { SessionRecord } from './sessions.ts';
export { type ClaudeOptions, type ClaudeTruth, ClaudeWorld } from './world.ts';

/** Puts `claude` on the machine's PATH. Its stream-json mode then behaves as version 2.1.329 does (facts/claude-wire.md). */
export function installClaude(machine: Machine, options: ClaudeOptions): ClaudeWorld {
  const world = new ClaudeWorld(machine, options);
  for (const file of options.files ?? ['claude']) {
    machine.executables.set(file, { kind: 'program', program: world.program });
  }
  return world;
}
