import type { ProcessIdentity } from '../ports.ts';

/**
 * `auto`: taken for processes, and over when the last of them is. `manual`: taken by a person, and over when a person
 * says so; it beats automatic ones, whose processes may go on, but no new ones come.
 */
export type LockKind = 'auto' | 'manual';

/** The right to work in a directory and everything below it. */
export interface Lock {
  readonly id: string;
  /** Counts how often it was written. */
  readonly revision: number;
  /** Canonical: absolute, no symbolic links. */
  readonly directory: string;
  readonly kind: LockKind;
  /** Who has it, for people; one holder takes a lock once. */
  readonly by: string;
  /** Wall clock in ms since the epoch, for people. Nothing depends on it: clocks step. */
  readonly lockedAt: number;
  /** The processes that have it; none for a manual one. */
  readonly holders: readonly ProcessIdentity[];
}

/** Locks on a directory and on one above or below it exclude each other: an agent in `/repo` also writes `/repo/sub`. */
export function overlap(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

/** Both are canonical. */
export function isWithin(path: string, directory: string): boolean {
  if (path === directory) return true;
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** A lock in words: who has what. */
export function describeLock({ directory, kind, by, holders }: Lock): string {
  if (kind === 'manual') return `${directory} is locked by ${by}`;
  return `${directory} is in use by ${by} (pid ${holders.map(({ pid }) => pid).join(', ')})`;
}

/** Longest part of a path that goes into a file name as it is: a name may have 255 bytes. */
const LONGEST = 180;

/** One file name for each directory and kind. A long path is cut and told from others by a hash. */
export function lockFileName(directory: string, kind: LockKind): string {
  const encoded = encodeURIComponent(directory);
  const name = encoded.length <= LONGEST ? encoded : `${encoded.slice(0, LONGEST)}~${fnv1a(directory)}`;
  return `${name}.${kind}.json`;
}

/** The directory that a file name stands for, also when the file cannot be read; null when the name does not say. */
export function directoryOf(fileName: string): string | null {
  const match = /^([^~]+)\.(?:auto|manual)\.json$/.exec(fileName);
  try {
    return match ? decodeURIComponent(match[1]!) : null;
  } catch {
    return null;
  }
}

/** 64 bits, as 16 hex digits. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

export function writeLock(lock: Lock): string {
  const { id, revision, directory, kind, by, lockedAt, holders } = lock;
  return `${JSON.stringify({ format: 1, id, revision, directory, kind, by, lockedAt, holders: holders.map(identity) })}\n`;
}

const identity = ({ pid, startTicks, bootId }: ProcessIdentity): ProcessIdentity => ({ pid, startTicks, bootId });

/** Reads what {@link writeLock} wrote. Anything else, a torn file for one, gives null: then nothing is known. */
export function readLock(text: string): Lock | null {
  const value = parseRecord(text);
  if (value?.format !== 1) return null;
  const { id, revision, directory, kind, by, lockedAt, holders } = value;
  if (!Number.isSafeInteger(revision)) return null;
  if (typeof id !== 'string' || typeof directory !== 'string' || typeof by !== 'string') return null;
  if ((kind !== 'auto' && kind !== 'manual') || typeof lockedAt !== 'number') return null;
  if (!Array.isArray(holders) || !holders.every(isIdentity)) return null;
  return { id, revision: revision as number, directory, kind, by, lockedAt, holders: holders.map(identity) };
}

/** The JSON object in a whole line; null when it is anything else. */
export function parseRecord(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = text.endsWith('\n') ? JSON.parse(text) : null;
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

export function isIdentity(value: unknown): value is ProcessIdentity {
  if (!isRecord(value)) return false;
  const { pid, startTicks, bootId } = value;
  return Number.isSafeInteger(pid) && Number.isSafeInteger(startTicks) && typeof bootId === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
