// A small app-server: it has one conversation, asks the model once a turn, and prints a schema. Tests change lines of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STATUS = 'completed';
const MORE = {};
const [command, sub, ...rest] = process.argv.slice(2);
const say = (frame) => process.stdout.write(`${JSON.stringify(frame)}\n`);

if (command === '--version') console.log('fake-codex 9.9.9');
else if (sub === 'generate-json-schema') printSchema(rest.at(-1));
else serve();

function serve() {
  const config = readFileSync(join(process.env.CODEX_HOME, 'config.toml'), 'utf8');
  const baseUrl = /base_url = "([^"]+)"/.exec(config)[1];
  const threadId = crypto.randomUUID();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const { id, method } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: { userAgent: 'fake' } });
    if (method === 'thread/start') say({ id, result: { thread: { id: threadId } } });
    if (method !== 'turn/start') return;
    const turnId = crypto.randomUUID();
    say({ id, result: { turn: { id: turnId } } });
    const body = JSON.stringify({ model: 'm', prompt_cache_key: threadId });
    const answer = await fetch(`${baseUrl}/responses`, { method: 'POST', body });
    const delta = await answer.text();
    say({ method: 'item/agentMessage/delta', params: { threadId, turnId, delta } });
    say({ method: 'turn/completed', params: { threadId, turn: { id: turnId, status: STATUS, ...MORE } } });
  });
  lines.on('close', () => process.exit(0));
}

function printSchema(folder) {
  const any = { type: 'object', properties: {} };
  const of = (method, params = any) => ({ type: 'object', properties: { method: { enum: [method] }, params } });
  const status = { type: 'string', enum: ['completed', 'failed'] };
  const turn = { type: 'object', properties: { id: { type: 'string' }, status }, required: ['id', 'status'] };
  const completed = { type: 'object', properties: { threadId: { type: 'string' }, turn }, required: ['turn'] };
  const delta = { type: 'object', additionalProperties: { type: 'string' } };
  const open = { type: 'object', additionalProperties: true };
  const requests = ['initialize', 'thread/start', 'turn/start'].map((method) => of(method, open));
  const definitions = {
    ClientRequest: { oneOf: requests },
    ClientNotification: { oneOf: [of('initialized')] },
    ServerRequest: { oneOf: [] },
    ServerNotification: { oneOf: [of('item/agentMessage/delta', delta), of('turn/completed', completed)] },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'codex_app_server_protocol.schemas.json'), JSON.stringify({ definitions }));
}
