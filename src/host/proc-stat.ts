import { readFileSync, readlinkSync } from 'node:fs';

/** What `/proc/PID/stat` says, or why it cannot be known. */
export type ProcStat =
  | {
      readonly kind: 'found';
      readonly state: string;
      readonly startTicks: number;
      readonly parentPid: number;
      readonly groupId: number;
      readonly sessionId: number;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads state, parent, group and session (fields 3 to 6) and start time in clock ticks since boot (field 22). */
export function readStat(pid: number): ProcStat {
  if (process.platform !== 'linux') return { kind: 'unreadable', reason: `no /proc on ${process.platform}` };
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? { kind: 'absent' } : { kind: 'unreadable', reason: message };
  }
  return parseStat(text);
}

/** The second field is the command in brackets and may itself contain blanks and brackets. */
export function parseStat(text: string): ProcStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const [parentPid, groupId, sessionId] = fields.slice(1, 4).map(Number);
  const startTicks = Number(fields[19]);
  if (!state || !Number.isSafeInteger(startTicks))
    return { kind: 'unreadable', reason: `cannot parse: ${text.trim()}` };
  return { kind: 'found', state, startTicks, parentPid: parentPid!, groupId: groupId!, sessionId: sessionId! };
}

let bootId: string | undefined;

/** Names this boot of the machine; the same for as long as it runs. Empty where the system does not tell. */
export function readBootId(): string {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    bootId = '';
  }
  return bootId;
}

/** The working directory as the kernel has it (`… (deleted)` when it is gone), or null when it may not be read. */
export function readCwd(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
