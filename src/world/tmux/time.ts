import type { Machine } from '../machine.ts';
import { UnmodelledError } from '../unmodelled.ts';
import type { FormatServer } from './variables.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Seconds since the epoch as `ctime(3)` writes them, in UTC and without the line feed. */
export function clock(seconds: string): string {
  if (!/^\d+$/.test(seconds)) return '';
  const at = new Date(Number(seconds) * 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const day = String(at.getUTCDate()).padStart(2, ' ');
  return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${day} ${time} ${at.getUTCFullYear()}`;
}

/** `strftime(3)` of the present moment, as templates of some commands go through it first. */
export function withTime(server: FormatServer & { readonly machine: Machine }, template: string): string {
  if (!template.includes('%')) return template;
  const at = new Date(server.seconds(server.machine.kernel.now) * 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return template.replace(/%(.?)/gs, (whole, letter: string) => {
    switch (letter) {
      case '%':
        return '%';
      case 'H':
        return two(at.getUTCHours());
      case 'M':
        return two(at.getUTCMinutes());
      case 'S':
        return two(at.getUTCSeconds());
      case 'd':
        return two(at.getUTCDate());
      case 'm':
        return two(at.getUTCMonth() + 1);
      case 'y':
        return two(at.getUTCFullYear() % 100);
      case 'Y':
        return String(at.getUTCFullYear());
      case 'b':
        return at.toUTCString().slice(8, 11);
      default:
        throw new UnmodelledError('tmux', `strftime conversion ${whole} in display-message`);
    }
  });
}
