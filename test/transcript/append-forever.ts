/** Appends records to the file given, as fast as it can, until it is killed; says `go` when it has begun. */
import { Redactor } from '../../src/transcript/redact.ts';
import { TranscriptWriter } from '../../src/transcript/write.ts';
import { header, recv, spawn } from './samples.ts';

const writer = new TranscriptWriter(process.argv[2] as string, new Redactor());
writer.write(header);
writer.write(spawn);
process.stdout.write('go');
for (let i = 0; ; i++) writer.write(recv({ i, text: 'grüße 🎉'.repeat(1 + (i % 2000)) }));
