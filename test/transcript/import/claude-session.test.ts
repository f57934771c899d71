import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/transcript/format.ts';
import { good, imported, lossesOf, ndjson, talk } from './kit.ts';

const SESSION = '58f70e7e-17a2-4643-b183-99963cd0a739';
const at = (s: number): string => new Date(Date.UTC(2026, 10, 21, 13, 56, s)).toISOString();
const entry = (type: string, s: number, more: object): Json => ({
  parentUuid: null,
  isSidechain: false,
  type,
  uuid: `dd82961a-1755-457a-8407-0000000000${String(s).padStart(2, '0')}`,
  timestamp: at(s),
  cwd: '/tmp/fixture-1/ws',
  sessionId: SESSION,
  version: '2.1.329',
  entrypoint: 'sdk-cli',
  ...more,
});
const user = (s: number, content: Json, more: object = {}): Json =>
  entry('user', s, { message: { role: 'user', content }, ...more });
const assistant = (s: number, content: Json, more: object = {}): Json =>
  entry('assistant', s, {
    message: { id: 'msg_1', role: 'assistant', model: 'm', content },
    requestId: 'req_1',
    ...more,
  });
const result = (s: number): Json =>
  user(s, [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'notes.txt' }], {
    toolUseResult: { stdout: 'notes.txt' },
  });

describe('an imported session of Claude Code', () => {
  it('has the prompts, the blocks and the results of tools, in the order of the file', () => {
    const imported = good(
      ndjson(
        { type: 'summary', summary: 'About files', leafUuid: 'x' },
        user(0, 'list /tmp/fixture-1/ws'),
        entry('attachment', 0, { attachment: { type: 'environment' } }),
        assistant(1, [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }]),
        result(2),
        assistant(3, [{ type: 'text', text: 'One file.' }]),
        user(4, [{ type: 'text', text: 'thanks' }]),
      ),
    );
    expect(imported.format).toBe('claude-session');
    expect(imported.transcript.header).toMatchObject({
      provider: 'claude',
      providerVersion: '2.1.329',
      recorded: '2026-11-21',
    });
    const { records } = imported.transcript;
    expect(records.map(({ type, t }) => `${type} ${t}`)).toEqual([
      'spawn 0',
      'frame 0',
      'frame 1000',
      'frame 2000',
      'frame 3000',
      'frame 4000',
      'eof 4000',
      'exit 4000',
    ]);
    expect(records[0]).toMatchObject({ cwd: '<path:ws>' });
    expect(talk(records).slice(1, 6)).toEqual([
      '> {"type":"user","message":{"role":"user","content":"list <path:ws>"},"parent_tool_use_id":null,"session_id":"","uuid":"<uuid:1>"}',
      '< {"type":"assistant","message":{"id":"msg_1","role":"assistant","model":"m","content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}]},"parent_tool_use_id":null,"session_id":"<session:1>","uuid":"<uuid:2>","timestamp":"<iso>","request_id":"req_1"}',
      '< {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"notes.txt"}]},"parent_tool_use_id":null,"session_id":"<session:1>","uuid":"<uuid:3>","timestamp":"<iso>","tool_use_result":{"stdout":"notes.txt"}}',
      '< {"type":"assistant","message":{"id":"msg_1","role":"assistant","model":"m","content":[{"type":"text","text":"One file."}]},"parent_tool_use_id":null,"session_id":"<session:1>","uuid":"<uuid:4>","timestamp":"<iso>","request_id":"req_1"}',
      '> {"type":"user","message":{"role":"user","content":[{"type":"text","text":"thanks"}]},"parent_tool_use_id":null,"session_id":"","uuid":"<uuid:5>"}',
    ]);
    expect(lossesOf(imported).slice(0, 2)).toEqual([
      '1 the line of type "summary": it is a title for the list of sessions',
      '3 the line of type "attachment": it is the program\'s own words to the model',
    ]);
    expect(lossesOf(imported).join('\n')).toContain('a client that waits for the end of a turn waits for ever');
  });

  it('leaves out what was not on the pipe, and says why', () => {
    const imported = good(
      ndjson(
        user(0, 'go'),
        user(1, 'caveat', { isMeta: true }),
        user(2, 'so far', { isCompactSummary: true }),
        assistant(3, [], { isSidechain: true }),
        assistant(4, 7),
        entry('assistant', 5, {}),
        entry('constructor', 6, {}),
        { sessionId: SESSION },
      ),
    );
    expect(lossesOf(imported).filter((loss) => !loss.startsWith('-'))).toEqual([
      '2 the line of type "user": it is the program\'s own words under the user\'s name',
      '3 the line of type "user": it is the program\'s summary of what was said before',
      '4 the line of type "assistant": it is of a helper: the file does not say of which call',
      '5 the line of type "assistant": its message has no "content"',
      '6 the line of type "assistant": it has no "message" of the assistant',
      '7 the line of type "constructor": it is no part of the conversation, or of a kind that is not known here',
      '8 the line of type "": it has no "type"',
    ]);
    expect(imported.transcript.records.filter(({ type }) => type === 'frame')).toHaveLength(1);
  });

  it('is not dated by a time that is none', () => {
    for (const timestamp of ['+275760-09-13T00:00:00.000Z', 'now', 7]) {
      const { header } = good(ndjson(user(0, 'go', { timestamp }))).transcript;
      expect(header).not.toHaveProperty('recorded');
    }
  });

  it('of a terminal is said to be one, and one without a conversation gives nothing', () => {
    expect(lossesOf(good(ndjson(user(0, 'go', { entrypoint: 'cli' })))).join('\n')).toContain('held in a terminal');
    expect(imported(ndjson({ type: 'summary', summary: 'x', leafUuid: 'y' }))).toMatchObject({
      ok: false,
      format: 'claude-session',
    });
  });
});
