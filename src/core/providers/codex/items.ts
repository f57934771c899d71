import type { TurnEvent } from '../types.ts';
import { object, text, type WireObject } from './wire.ts';

type ToolStatus = Extract<TurnEvent, { type: 'tool' }>['status'];

/** What a thread item is for a reader of the chat; null when it is not shown (user messages, reasoning, plans …). */
export function itemEvent(item: WireObject, phase: 'started' | 'completed'): TurnEvent | null {
  const itemId = text(item.id);
  if (itemId === null) return null;
  if (item.type === 'agentMessage') {
    return phase === 'completed' ? { type: 'message', itemId, text: text(item.text) ?? '' } : null;
  }
  const title = toolTitle(item);
  if (title === null) return null;
  return { type: 'tool', itemId, title, status: phase === 'started' ? 'started' : toolStatus(item) };
}

/** A line for people: the command, the files, or the name of the tool. Null when the item is no tool. */
export function toolTitle(item: WireObject): string | null {
  switch (item.type) {
    case 'commandExecution':
      return text(item.command) ?? 'command';
    case 'fileChange':
      return `edit ${changedPaths(item).join(', ')}`;
    case 'mcpToolCall':
      return `${text(item.server) ?? 'mcp'}: ${text(item.tool) ?? 'tool'}`;
    case 'dynamicToolCall':
    case 'collabAgentToolCall':
      return text(item.tool) ?? 'tool';
    case 'webSearch':
      return `search ${text(item.query) ?? ''}`.trim();
    default:
      return null;
  }
}

function changedPaths(item: WireObject): string[] {
  const changes = Array.isArray(item.changes) ? (item.changes as unknown[]) : [];
  return changes.map((change) => text(object(change).path) ?? '?');
}

function toolStatus(item: WireObject): ToolStatus {
  if (item.status === 'failed' || item.status === 'declined') return item.status;
  return 'completed';
}
