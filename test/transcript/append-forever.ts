/** Appends records to the file given, as fast as it can, until it is killed; says `go` when it has begun. */
import { LineLog, serialiseRecord } from '../../src/transcript/write.ts';
import { header, recv, spawn } from './samples.ts';

const log = new LineLog(process.argv[2] as string);
log.append(serialiseRecord(header));
log.append(serialiseRecord(spawn));
process.stdout.write('go');
for (let i = 0; ; i++) log.append(serialiseRecord(recv({ i, text: 'grüße 🎉'.repeat(1 + (i % 2000)) })));
