/**
 * A client of `codex app-server` and of `claude`, by their protocols alone; it knows nothing of Reprise.
 *
 * usage: client.mjs codex|claude '{"messages":["hi"],"decision":"accept"}'
 * Prints what was answered, one JSON array; its exit code is the provider's.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

const [provider, conversation] = process.argv.slice(2);
const { messages, decision } = JSON.parse(conversation);
const said = [];

/** Lines end at line feeds and nowhere else: readline ends them at U+2028 too, with Node 24. */
async function* linesOf(stream) {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function start(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = linesOf(child.stdout);
  return {
    send: (frame) => child.stdin.write(`${JSON.stringify(frame)}\n`),
    async until(done, seen) {
      for (;;) {
        const { value, done: over } = await lines.next();
        if (over) process.exit((await ended)[0] ?? 1);
        const frame = JSON.parse(value);
        seen(frame);
        if (done(frame)) return frame;
      }
    },
    async end() {
      child.stdin.end();
      return (await ended)[0];
    },
  };
}

async function codex() {
  const { send, until, end } = start('codex', ['app-server']);
  const seen = ({ id, method = '', params }) => {
    if (method.endsWith('/requestApproval')) send({ id, result: { decision } });
    if (method === 'item/completed' && params.item.type === 'agentMessage') said.push(params.item.text);
  };
  let last = 0;
  const ask = (method, params) => {
    const id = `node-${++last}`;
    send({ id, method, params });
    return until((frame) => frame.id === id && !frame.method, seen);
  };
  await ask('initialize', {
    clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
    capabilities: { experimentalApi: false, requestAttestation: false },
  });
  send({ method: 'initialized' });
  const { result } = await ask('thread/start', { cwd: process.cwd() });
  for (const text of messages) {
    await ask('turn/start', { threadId: result.thread.id, input: [{ type: 'text', text, text_elements: [] }] });
    await until(({ method }) => method === 'turn/completed', seen);
  }
  return end();
}

async function claude() {
  const flags = ['--output-format', 'stream-json', '--verbose', '--input-format', 'stream-json'];
  flags.push('--permission-prompt-tool=stdio', '--include-partial-messages');
  const { send, until, end } = start('claude', [...flags, '--model=claude-sonnet-4-5', '--permission-mode=default']);
  const seen = ({ type, request, request_id, result }) => {
    if (type === 'control_request' && request.subtype === 'can_use_tool') {
      const response = { behavior: decision, updatedInput: request.input, toolUseID: request.tool_use_id };
      send({ type: 'control_response', response: { subtype: 'success', request_id, response } });
    }
    if (type === 'result') said.push(result);
  };
  send({ request_id: 'node-1', type: 'control_request', request: { subtype: 'initialize' } });
  await until(({ type }) => type === 'control_response', seen);
  for (const content of messages) {
    const own = { parent_tool_use_id: null, session_id: '', uuid: randomUUID() };
    send({ type: 'user', message: { role: 'user', content }, ...own });
    await until(({ type }) => type === 'result', seen);
  }
  return end();
}

const code = await { codex, claude }[provider]();
console.log(JSON.stringify(said));
process.exitCode = code;
