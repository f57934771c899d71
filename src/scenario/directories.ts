import { WORKSPACE } from './simulated-config.ts';

/** Where a chat works or a person locks: the workspace, a folder in it, a symbolic link to it, another directory. */
export const DIRECTORIES = ['workspace', 'sub', 'link', 'other'] as const;
export type Directory = (typeof DIRECTORIES)[number];

const LINK = '/home/dev/link';
const OTHER = '/home/dev/other';

/** The path by which it is called. */
export const PATHS: Readonly<Record<Directory, string>> = {
  workspace: WORKSPACE,
  sub: `${WORKSPACE}/sub`,
  link: LINK,
  other: OTHER,
};

/** What its path leads to. */
export const REAL_PATHS: Readonly<Record<Directory, string>> = { ...PATHS, link: WORKSPACE };

/** The one of these canonical directories that contains the other, or both are the same. */
export function overlapping(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

/** Works a process with this working directory there? A deleted one counts: what was there may be written to still. */
export function worksUnder(cwd: string, directory: string): boolean {
  return `${cwd.replace(/ \(deleted\)$/, '')}/`.startsWith(`${directory}/`);
}
