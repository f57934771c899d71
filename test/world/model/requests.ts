/** Requests as the real clients send them, without their prose. */

export const codexInput = (user: string): Record<string, unknown>[] => [
  { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'instructions' }] },
  {
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text: '<environment_context>\n  <cwd>/w</cwd>\n</environment_context>' }],
  },
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: user }] },
];

export const openaiRequest = (input: unknown[], thread = 'thread-a', headers: Record<string, string> = {}): Request =>
  new Request('http://127.0.0.1:9/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'thread-id': thread, ...headers },
    body: JSON.stringify({ model: 'gpt-5.5', stream: true, input }),
  });

export const anthropicRequest = (user: string, options: { stream?: boolean; agent?: string } = {}): Request =>
  new Request('http://127.0.0.1:9/v1/messages?beta=true', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-claude-code-session-id': 'session-a',
      ...(options.agent ? { 'x-claude-code-agent-id': options.agent } : {}),
    },
    body: JSON.stringify({
      model: 'claude-sonnet-4-5',
      stream: options.stream ?? true,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '<system-reminder>\nToday is some day.\n</system-reminder>' },
            { type: 'text', text: user, cache_control: { type: 'ephemeral' } },
          ],
        },
      ],
    }),
  });

export interface SseEvent extends Record<string, unknown> {
  readonly type: string;
}

/** The events of a stream; checks the framing and that the event line repeats the type. */
export function eventsOf(stream: string): SseEvent[] {
  if (!stream.endsWith('\n\n')) throw new Error('the stream does not end with a whole event');
  return stream
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      const [name, data, ...more] = block.split('\n');
      if (more.length > 0 || !name?.startsWith('event: ') || !data?.startsWith('data: '))
        throw new Error(`bad event: ${block}`);
      const event: SseEvent = JSON.parse(data.slice(6));
      if (event.type !== name.slice(7)) throw new Error(`event line and data disagree: ${block}`);
      return event;
    });
}
