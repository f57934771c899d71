/** Run as a process of its own: prints the hash of every subject, as JSON. */
import { subjects } from './subjects.ts';

const hashes: Record<string, string> = {};
for (const subject of subjects) hashes[subject.name] = await subject.hash();
console.log(JSON.stringify(hashes));
