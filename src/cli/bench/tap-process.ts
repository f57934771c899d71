/** `tap-process RAW COMMAND…`: the part of `reprise record` that stands in the way while the provider runs. */
import { endLike, passThrough } from '../../host/tap/pass-through.ts';
import { RawRecorder } from '../../host/tap/raw-recorder.ts';
import { redactorOfThisMachine } from '../recording/machine.ts';

const [raw = '', file = '', ...args] = process.argv.slice(2);
const recorder = new RawRecorder(raw, { redactor: redactorOfThisMachine() });
const { stdin, stdout, stderr } = process;
const result = await passThrough({ file, args, lane: 'ndjson:1', recorder, stdin, stdout, stderr });
recorder.close();
endLike(result);
