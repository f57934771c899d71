import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State `LISTEN` in `/proc/net/tcp`. */
const LISTEN = '0A';

/**
 * pid of the process that listens on this TCP port, or null where that cannot be seen: another user's process, another
 * container's, or no `/proc`. Never throws.
 */
export function holderOf(port: number): number | null {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listeners(path, port)));
  if (inodes.size === 0) return null;
  for (const pid of pids()) if (hasSocket(pid, inodes)) return pid;
  return null;
}

/** Inodes of the sockets that listen on `port`: columns are `sl local_address rem_address st … inode`. */
function listeners(path: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(path)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local!.endsWith(suffix))
    .map((fields) => fields[9]!);
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function hasSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(inodeOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

function inodeOf(path: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? '';
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
