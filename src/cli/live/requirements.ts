import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProvider } from '../../host/providers.ts';

/** What a live run is made of besides this package. */
export interface LiveTools {
  readonly tmux: { readonly file: string; readonly version: string };
  readonly codex: { readonly file: string; readonly version: string };
  readonly claude: { readonly file: string; readonly version: string };
}

export type Requirements =
  | { readonly kind: 'met'; readonly tools: LiveTools }
  /** One sentence for each thing that is needed: what, and how to get it. */
  | { readonly kind: 'missing'; readonly reasons: readonly string[] };

/** Looks for Linux, tmux on PATH and the pinned providers. Never rejects. */
export async function findRequirements(): Promise<Requirements> {
  const tmux = await tmuxVersion();
  const codex = findProvider('codex');
  const claude = findProvider('claude');
  const reasons = [
    ...(process.platform === 'linux'
      ? []
      : [`Linux, because what is left over is read from /proc (${process.platform})`]),
    ...(tmux.version === null ? [`tmux on PATH (${tmux.reason}): install it, e.g. \`apt-get install tmux\``] : []),
    ...(codex.kind === 'missing' ? [`codex: ${codex.reason}`] : []),
    ...(claude.kind === 'missing' ? [`claude: ${claude.reason}`] : []),
  ];
  if (reasons.length > 0 || tmux.version === null || codex.kind === 'missing' || claude.kind === 'missing')
    return { kind: 'missing', reasons };
  return { kind: 'met', tools: { tmux: { file: 'tmux', version: tmux.version }, codex, claude } };
}

async function tmuxVersion(): Promise<{ readonly version: string | null; readonly reason: string }> {
  try {
    const { stdout } = await promisify(execFile)('tmux', ['-V'], { timeout: 10_000 });
    return { version: stdout.trim().replace(/^tmux /, ''), reason: '' };
  } catch (error) {
    return { version: null, reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
