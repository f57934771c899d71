import { UnmodelledError } from '../unmodelled.ts';

/** What the model needs to know of a command line of the stream-json mode. */
export interface ClaudeArgs {
  readonly model: string;
  readonly partial: boolean;
  readonly resume: string | null;
  readonly sessionId: string | null;
}

const PLAIN = new Set(['--verbose', '--include-partial-messages']);
const VALUED = new Set([
  '--output-format',
  '--input-format',
  '--model',
  '--permission-mode',
  '--permission-prompt-tool',
  '--resume',
  '--session-id',
]);

/** Flags that every modelled command line has, with their only modelled value. */
const NEEDED: Readonly<Record<string, string>> = {
  '--output-format': 'stream-json',
  '--input-format': 'stream-json',
  '--verbose': '',
  '--permission-mode': 'default',
};

/** Reads `argv` without the program's name. Throws {@link UnmodelledError} for what was not measured. */
export function parseArgs(argv: readonly string[]): ClaudeArgs {
  const values = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const cut = word.indexOf('=');
    const name = cut < 0 ? word : word.slice(0, cut);
    if (PLAIN.has(name) && cut < 0) values.set(name, '');
    else if (!VALUED.has(name)) throw new UnmodelledError('claude', `argument ${word}`);
    else if (cut >= 0) values.set(name, word.slice(cut + 1));
    else if (i + 1 < argv.length) values.set(name, argv[++i]!);
    else throw new UnmodelledError('claude', `argument ${word} without a value`);
  }
  for (const [name, value] of Object.entries(NEEDED)) {
    if (values.get(name) !== value) {
      throw new UnmodelledError('claude', `a command line with ${name} ${values.get(name) ?? '(absent)'}`);
    }
  }
  const host = values.get('--permission-prompt-tool');
  if (host !== 'stdio') throw new UnmodelledError('claude', 'a command line without --permission-prompt-tool=stdio');
  const model = values.get('--model');
  if (model === undefined) throw new UnmodelledError('claude', 'a command line without --model');
  return {
    model,
    partial: values.has('--include-partial-messages'),
    resume: values.get('--resume') ?? null,
    sessionId: values.get('--session-id') ?? null,
  };
}
