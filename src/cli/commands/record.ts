import { existsSync, rmSync } from 'node:fs';
import { endLike } from '../../host/tap/pass-through.ts';
import { counted } from '../../report/time.ts';
import type { Speaker } from '../../transcript/format.ts';
import { type Command, type Given, textOption } from '../command.ts';
import { InputError, UsageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { MAX_LINE_OPTION, maxLineOf } from '../reading.ts';
import { modelApiOf } from '../recording/model-api.ts';
import { recordRaw, type SealedPartial, sealPartial } from '../recording/recording.ts';
import { labelOf, providerOf, speakerOf, versionOf } from '../recording/speakers.ts';
import { MODES, modeOf, targetOf } from '../recording/target.ts';
import { standIn } from '../stand-in/stand-in.ts';

export const recordCommand: Command = {
  name: 'record',
  summary: 'Runs a provider, passes its pipes through unchanged, and writes down what was said as a transcript.',
  operands: '',
  count: [0, 0],
  takesRest: true,
  options: {
    out: {
      value: 'PATH',
      help: 'a transcript (simple.ndjson; its name is the scenario), or a folder: a file a process',
    },
    mode: { value: 'MODE', help: `${MODES.join(', ')} (default: once; none where CI is set)` },
    provider: { value: 'NAME', help: 'codex, claude or ndjson (default: from the name of COMMAND)' },
    as: { value: 'NAME', help: 'the name under which COMMAND is written down and replayed (default: its own)' },
    'provider-version': { value: 'V', help: 'its version (default: what it says itself, or unknown)' },
    http: { help: 'record its requests to the model, too, through a proxy on 127.0.0.1' },
    upstream: { value: 'URL', help: 'with --http: the model API (default: from the settings of the provider)' },
    renew: { help: 'date an earlier transcript that says the same today (lint --max-age looks at it)' },
    'max-line': MAX_LINE_OPTION,
    recover: { value: 'FILE', help: 'make a transcript of the *.partial that a killed recorder left' },
  },
  details:
    "Put it where a program starts its provider: 'reprise record --out t.ndjson -- codex app-server'. Bytes, signals and the\nexit are the provider's own; only a recording that cannot be written makes exit code 2. Nothing is printed unless stderr\nis a terminal. Secrets, home, host and user names are replaced before anything reaches the disk, and the provider's own\nprose is left out.\n\nModes: once records what is missing and replays what is there; new does so in a folder for each process; all records\nalways; none replays only. transcripts/guides/record.md says more.",
  async run(io, given) {
    const [file, ...args] = given.rest;
    const recover = textOption(given, 'recover');
    if (recover !== undefined) return recoverFile(io, given, recover);
    const out = textOption(given, 'out');
    if (out === undefined) throw new UsageError('say where to write the transcript: --out FILE', 'record');
    if (file === undefined) throw new UsageError("say what to run behind '--': -- codex app-server", 'record');
    const as = textOption(given, 'as');
    const speaker = speakerNamed(textOption(given, 'provider')) ?? speakerOf(as ?? file, args);
    const upstream = textOption(given, 'upstream');
    const http = given.values.http === true;
    const maxLine = maxLineOf('record', given);
    if (upstream !== undefined && !http) throw new UsageError('--upstream is of use with --http only', 'record');
    const target = targetOf(out, labelOf(speaker, as ?? file), modeOf(textOption(given, 'mode')));
    if (target.what === 'replay') {
      const only = { maxLine, state: null, result: null, faults: null, speed: Number.POSITIVE_INFINITY };
      standIn({ file: as ?? file, provider: speaker, transcripts: [target.file], ...only }, args);
      return new Promise(() => {});
    }
    const modelApi = http ? await modelApiOf(speaker, file, args, upstream) : undefined;
    const version = textOption(given, 'provider-version');
    // `codex exec` does not say which version it is: it is asked meanwhile.
    const silent = version === undefined && speaker === 'ndjson' && providerOf(as ?? file) !== null;
    const asked = silent ? versionOf(file) : null;
    const { result, partial } = await recordRaw({
      out: target.file,
      scenario: target.scenario,
      file,
      args,
      speaker,
      maxLine,
      ...(as === undefined ? {} : { as }),
      ...(version === undefined ? {} : { version }),
      ...(modelApi === undefined ? {} : { modelApi }),
    });
    if (result.kind === 'not-started') {
      // A mistyped name is no conversation: the next run is to record one.
      rmSync(partial);
      io.note(`reprise record: ${file} cannot be started: ${result.message}; nothing was recorded`);
      return endLike(result);
    }
    const asks = speaker !== 'ndjson' && speaker === speakerOf(as ?? file, args);
    const sealed = await sealPartial(partial, target.file, {
      renew: given.values.renew === true,
      ...(asks || asked !== null ? { askVersion: () => asked ?? versionOf(file) } : {}),
    });
    // The stderr of a provider is its own, unless somebody sits and looks.
    if (io.width !== null) io.note(report(target.file, sealed));
    return endLike(result);
  },
};

const SPEAKERS = ['codex', 'claude', 'ndjson'] as const satisfies readonly Speaker[];

function speakerNamed(name: string | undefined): Speaker | undefined {
  const speaker = SPEAKERS.find((known) => known === name);
  if (name === undefined || speaker !== undefined) return speaker;
  throw new UsageError(`--provider must be one of ${SPEAKERS.join(', ')}, not '${name}'`, 'record');
}

async function recoverFile(io: Io, given: Given, partial: string): Promise<number> {
  if (!partial.endsWith('.ndjson.partial') || given.rest.length > 0) {
    throw new UsageError('--recover takes a file that ends in .ndjson.partial, and no command', 'record');
  }
  if (!existsSync(partial)) throw new InputError(`${partial}: there is no such file; it has been sealed, or deleted`);
  const out = textOption(given, 'out') ?? partial.replace(/\.partial$/, '');
  if (existsSync(out) && textOption(given, 'out') === undefined) {
    throw new InputError(`${out}: is there, and would be replaced by what was recovered; choose another: --out FILE`);
  }
  io.out(report(out, await sealPartial(partial, out)));
  return 0;
}

function report(file: string, { saved, records, cut }: SealedPartial): string {
  const how = { written: '', unchanged: ', as it was', renewed: ', as it was; dated today' }[saved];
  const end = cut ? '; it has no end, for the recorder was killed' : '';
  return `reprise record: ${file}: ${counted(records, 'record')}${how}${end}`;
}
