import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observingReads, Reads } from '../../../src/cli/drift/reads.ts';
import { loadScripts, replayFile, TRANSCRIPTS_DIRECTORY } from '../../../src/cli/replay.ts';

async function readsOf(name: string): Promise<Reads> {
  const reads = new Reads();
  const scripts = new Map([...(await loadScripts())].map(([key, script]) => [key, observingReads(script, reads)]));
  expect(await replayFile(join(TRANSCRIPTS_DIRECTORY, `${name}.ndjson`), scripts)).toMatchObject({ difference: null });
  return reads;
}

it('sees what the codex adapter looks at', async () => {
  const parse = JSON.parse;
  const reads = await readsOf('codex/tool_call');
  expect(JSON.parse).toBe(parse);
  expect(reads.has('answer to turn/start', '$.result.turn.id')).toBe(true);
  expect(reads.has('answer to thread/start', '$.result.model')).toBe(false);
  expect(reads.has('item/completed (commandExecution)', '$.params.item.status')).toBe(true);
  expect(reads.has('item/completed (commandExecution)', '$.params.item.aggregatedOutput')).toBe(false);
  expect(reads.keysBelow('answer to turn/start', '$.result')).toEqual(['turn']);
  expect(reads.uses('turn/completed')).toBe(true);
  // It is looked at to see what it is, and then ignored.
  expect(reads.uses('remoteControl/status/changed')).toBe(false);
});

it('sees what the claude adapter looks at', async () => {
  const reads = await readsOf('claude/approval_accept');
  expect(reads.has('control_request/can_use_tool', '$.request.tool_name')).toBe(true);
  expect(reads.has('control_request/can_use_tool', '$.request.display_name')).toBe(false);
  expect(reads.has('result/success', '$.is_error')).toBe(true);
  expect(reads.has('result/success', '$.total_cost_usd')).toBe(false);
  expect(reads.has('user/tool_result', '$.message.content[].tool_use_id')).toBe(true);
});
