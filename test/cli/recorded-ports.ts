import type { Ports } from '../../src/core/index.ts';

/** What passed through a daemon's ports, as comparable lines, by channel. */
export type Channels = Map<string, string[]>;

/** Texts of one machine that have another value on any other, and their common names. Applied in this order. */
export type Places = readonly (readonly [pattern: RegExp, name: string])[];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Values that are about when and where, not about what. */
const WHEN_AND_WHERE = /(At|AtMs|_ms|Ms|timestamp|pid|processId|serverName)$/;
/** What claude offers besides its tools' use; left out of recordings, hence of the simulation. */
const OFFERS =
  /^(commands|agents|models|capabilities|tools|skills|plugins|slash_commands|terminal_slash_commands|memory_paths)$/;

/** A fast command's output comes early or only at its end (facts/codex-wire.md 6.3); without bubblewrap codex warns (1.4). */
const SOMETIMES = /^\{"method":"(item\/commandExecution\/outputDelta|configWarning)"/;

/** Writes down all that goes through the ports of one daemon after the other, in a form in which two machines can be compared. */
export function portRecorder(channels: Channels, places: Places): (ports: Ports) => Ports {
  const terminals = new Map<string, string>();
  const plain = (text: string): string =>
    places
      .reduce((result, [pattern, name]) => result.replace(pattern, name), text)
      .replace(/its process \d+/g, 'its process')
      // A hangup takes a moment to end a program, a longer one on a busy machine.
      .replace(/its process is (gone|alive, but no server has it any more)/g, 'its process is no terminal any more')
      .replace(/\b(ctl|agent|ses|launch)_[\w-]+/g, '$1')
      // A position in codex's own file, opaque to clients.
      .replace(/rolloutOrdinal\\+":\d+/g, 'rolloutOrdinal')
      .replace(UUID, 'uuid');
  const note = (channel: string, text: string): void => {
    channels.set(channel, [...(channels.get(channel) ?? []), plain(text)]);
  };
  const terminal = (args: readonly string[]): string => {
    const name = /rp-term-[\w-]+/.exec(args.join(' '))?.[0] ?? '';
    if (!terminals.has(name)) terminals.set(name, `terminal ${terminals.size + 1}`);
    return terminals.get(name)!;
  };
  return (ports) => ({
    ...ports,
    exec: {
      async run(request) {
        const result = await ports.exec.run(request);
        const said = JSON.stringify([request.args.slice(2), result]).replace(/rp-term-([0-9a-f-]{36}|\d+)/g, 'NAME');
        note(
          `tmux ${terminal(request.args)}`,
          said
            .replace(/(NAME) \d+ /g, '$1 PID ')
            .replace(/\d+ (%\d+) \d+ /g, 'PID $1 PID ')
            .replace(/(pane_pid\},[01])\d+/g, '$1PID'),
        );
        return result;
      },
    },
    processes: {
      ...ports.processes,
      async spawn(request, events) {
        const lane = `lane ${request.lane}`;
        note(`${lane} out`, JSON.stringify(['spawn', request.args]));
        const incoming = splitter((line) => {
          if (!SOMETIMES.test(line)) note(`${lane} ${streamOf(line)}`, comparable(line));
        });
        const outgoing = splitter((line) => note(`${lane} out`, comparable(line)));
        const result = await ports.processes.spawn(request, {
          ...events,
          stdout(chunk) {
            incoming(chunk);
            events.stdout(chunk);
          },
        });
        if (result.kind !== 'spawned') return result;
        const { child } = result;
        const write = (data: string): boolean => {
          outgoing(data);
          return child.write(data);
        };
        return { kind: 'spawned', child: { ...child, identity: child.identity, write, end: () => child.end() } };
      },
    },
    frontend: {
      publish(event) {
        note(`front ${event.chatId}`, comparable(JSON.stringify(event)));
        ports.frontend.publish(event);
      },
    },
    log: {
      event(type, fields) {
        const subject = fields.chat ?? fields.pair ?? fields.lane ?? '';
        note(`${channelOf(type)} ${subject}`, `${type} ${comparable(JSON.stringify(fields))}`);
        ports.log.event(type, fields);
      },
    },
  });
}

/** A timer looks at terminals: steps that do not wait for their times come sooner or later beside that. */
function channelOf(logType: string): string {
  return logType.startsWith('terminal.') ? 'terminal' : 'log';
}

/** Codex does not order answers and notifications among each other (facts/codex-wire.md 6.3). */
function streamOf(line: string): string {
  return /^\{"id":/.test(line) ? 'answers' : 'in';
}

function splitter(take: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  };
}

function comparable(line: string): string {
  return JSON.stringify(
    JSON.parse(line, (key, value: unknown) => {
      if (WHEN_AND_WHERE.test(key)) return typeof value;
      if (OFFERS.test(key)) return 'offers';
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );
}
