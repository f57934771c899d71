/** Picks lines that a provider writes. */
type Match = (line: string) => boolean;

interface ProviderFrames {
  readonly response: Match;
  /** The response that a turn has begun or will. */
  readonly accepted: Match;
  readonly started: Match;
  /** What says that a turn has ended. */
  readonly end: Match;
  /** The same, and what says that nothing runs any more. */
  readonly rest: Match;
  /** How many lines of `rest` one turn has. */
  readonly restCount: number;
}

const claudeEnd: Match = (line) => line.startsWith('{"type":"result"') || /"state":"completed"/.test(line);

export const FRAMES: Readonly<Record<'codex' | 'claude', ProviderFrames>> = {
  codex: {
    response: (line) => !line.includes('"method":') && line.includes('"id":'),
    accepted: (line) => line.includes('"result":{"turn":'),
    started: (line) => line.includes('"method":"turn/started"'),
    end: (line) => line.includes('"method":"turn/completed"'),
    rest: (line) => line.includes('"method":"turn/completed"') || line.includes('"status":{"type":"idle"}'),
    restCount: 2,
  },
  claude: {
    response: (line) => line.includes('"type":"control_response"'),
    accepted: (line) => line.includes('"command_lifecycle"') && line.includes('"state":"queued"'),
    started: (line) => line.includes('"command_lifecycle"') && line.includes('"state":"started"'),
    end: claudeEnd,
    rest: (line) => claudeEnd(line) || line.includes('"state":"idle"'),
    restCount: 3,
  },
};

/** What the answer to an unknown request says. */
export const UNKNOWN_REQUEST = { codex: '"id":4712,', claude: '"request_id":"r-new"' } as const;

const both = (text: string) => ({ codex: text, claude: text });

/** What is no part of the conversation. */
export const NOISE = {
  banner: both('warning: NODE_OPTIONS is set\n'),
  'cut-line': both('{"method":"item/started","params":{"text":"once upon\n'),
  'unknown-response': {
    codex: '{"id":4711,"result":{}}\n',
    claude: '{"type":"control_response","response":{"subtype":"success","request_id":"nobody","response":{}}}\n',
  },
  'unknown-request': {
    codex: '{"id":4712,"method":"new/thing","params":{}}\n',
    claude: '{"type":"control_request","request_id":"r-new","request":{"subtype":"new_thing"}}\n',
  },
  stderr: 'ERROR codex_core: something happened\n'.repeat(200),
} as const;
