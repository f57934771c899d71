import type { Machine } from '../machine.ts';
import { type ClaudeOptions, ClaudeWorld } from './world.ts';

export { type ClaudeClips, clipsFrom } from './clips.ts';
export type { ClaudeFaults, ModelFault, ModelRequestInfo, StartFault } from './faults.ts';
export type { Gates } from './gates.ts';
export type { SessionRecord } from './sessions.ts';
export { type ClaudeOptions, type ClaudeTruth, ClaudeWorld } from './world.ts';

/** Puts the claude CLI on the machine's PATH as `file`. What it returns is the ground truth of all its processes. */
export function installClaude(machine: Machine, options: ClaudeOptions, file = 'claude'): ClaudeWorld {
  const world = new ClaudeWorld(machine, options);
  machine.executables.set(file, { kind: 'program', program: world.program });
  return world;
}
