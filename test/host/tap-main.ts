/** `tap-main.ts RAW -- COMMAND…`: what `reprise record` does while the provider runs, and nothing else. */
import { endLike, holdSignals, passThrough } from '../../src/host/tap/pass-through.ts';
import { RawRecorder } from '../../src/host/tap/raw-recorder.ts';
import { Redactor } from '../../src/transcript/redact.ts';

const [raw = '', , file = '', ...args] = process.argv.slice(2);
const recorder = new RawRecorder(raw, { redactor: new Redactor() });
const { stdin, stdout, stderr } = process;
const result = await passThrough({ file, args, lane: 'ndjson:1', recorder, stdin, stdout, stderr });
holdSignals();
recorder.close();
endLike(result);
