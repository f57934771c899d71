import type { JsonObject } from './params.ts';
import type { StoredThread } from './store.ts';

/** Builders of the app-server's objects, keys in the order of codex 0.169.0 (proved against transcripts/codex). */

export interface TurnError {
  readonly message: string;
  readonly codexErrorInfo: string | JsonObject | null;
  readonly additionalDetails: string | null;
}

export function errorObject(error: TurnError): JsonObject {
  const { message, codexErrorInfo, additionalDetails } = error;
  return { message, codexErrorInfo, additionalDetails, misalignment: null };
}

/** Whole seconds, as the server writes `…At` fields. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

export interface TurnView {
  readonly items: readonly JsonObject[];
  readonly itemsView: 'notLoaded' | 'summary' | 'full';
  readonly status: 'inProgress' | 'completed' | 'interrupted' | 'failed';
  readonly error: TurnError | null;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
}

const NOT_LOADED = { items: [], itemsView: 'notLoaded', error: null } as const;

export function startingTurn(id: string, startedAtMs: number | null): JsonObject {
  return turnObject(id, { ...NOT_LOADED, status: 'inProgress', startedAtMs, completedAtMs: null });
}

export function turnObject(id: string, view: TurnView): JsonObject {
  const { startedAtMs, completedAtMs } = view;
  return {
    id,
    rootTurnId: id,
    items: view.items,
    itemsView: view.itemsView,
    status: view.status,
    error: view.error ? errorObject(view.error) : null,
    startedAt: startedAtMs === null ? null : seconds(startedAtMs),
    completedAt: completedAtMs === null ? null : seconds(completedAtMs),
    durationMs: startedAtMs === null || completedAtMs === null ? null : completedAtMs - startedAtMs,
  };
}

/** Words of the user as a turn takes them in; one text for each item of the input. */
export interface UserInput {
  readonly texts: readonly string[];
  readonly clientId: string | null;
}

export function userMessage(id: string, input: UserInput, at: number, done: number | null): JsonObject {
  const content = input.texts.map((text) => ({ type: 'text', text, text_elements: [] }));
  return { type: 'userMessage', id, clientId: input.clientId, content, startedAtMs: at, completedAtMs: done };
}

export function agentMessage(id: string, words: string, at: number, done: number | null): JsonObject {
  return {
    type: 'agentMessage',
    moderation: null,
    id,
    text: words,
    phase: null,
    memoryCitation: null,
    delivery: null,
    questions: null,
    startedAtMs: at,
    completedAtMs: done,
  };
}

export function reasoningItem(id: string, summary: readonly string[], at: number, done: number | null): JsonObject {
  return { type: 'reasoning', id, summary, content: [], startedAtMs: at, completedAtMs: done };
}

export interface TokenCounts {
  readonly input: number;
  readonly output: number;
}

export function tokenUsage(total: TokenCounts, last: TokenCounts): JsonObject {
  const counts = ({ input, output }: TokenCounts) => ({
    totalTokens: input + output,
    inputTokens: input,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: output,
    reasoningOutputTokens: 0,
  });
  return { total: counts(total), last: counts(last), modelContextWindow: 258_400 };
}

export const RATE_LIMITS: JsonObject = {
  rateLimits: {
    limitId: 'codex',
    limitName: null,
    normalModelSlug: null,
    primary: null,
    secondary: null,
    credits: null,
    individualLimit: null,
    spendControlReached: null,
    planType: null,
    rateLimitReachedType: null,
  },
};

/** The thread as `thread/start`, `thread/resume` and `thread/started` show it. */
export function threadObject(thread: StoredThread, status: JsonObject, turns: readonly JsonObject[]): JsonObject {
  const { threadId, cwd, home } = thread;
  const { config } = home;
  return {
    id: threadId,
    environments: [{ environmentId: 'local', cwd, runtimeWorkspaceRoots: [cwd] }],
    extra: null,
    sessionId: threadId,
    forkedFromId: null,
    attachedToThreadId: null,
    parentThreadId: null,
    preview: thread.turns.find((turn) => turn.words !== '')?.words ?? '',
    ephemeral: false,
    section: null,
    sectionEnteredAt: null,
    projectId: null,
    historyMode: 'paginated',
    modelProvider: config.modelProvider,
    model: config.model,
    reasoningEffort: null,
    createdAt: seconds(thread.createdAtMs),
    updatedAt: seconds(thread.updatedAtMs),
    recencyAt: seconds(thread.recencyAtMs),
    status,
    path: thread.path,
    cwd,
    cliVersion: config.version,
    originator: thread.originator,
    source: 'vscode',
    canAcceptDirectInput: true,
    threadSource: null,
    agentNickname: null,
    agentRole: null,
    gitInfo: null,
    name: null,
    daybreakEnabled: null,
    turns,
  };
}

const SANDBOXES: Readonly<Record<StoredThread['sandbox'], JsonObject>> = {
  unset: { type: 'readOnly', networkAccess: false },
  'read-only': { type: 'readOnly', networkAccess: false },
  'danger-full-access': { type: 'dangerFullAccess' },
};

/** What `thread/start` and `thread/resume` say beside the thread; `more` are the keys that only a resume has. */
export function threadResult(thread: StoredThread, object: JsonObject, more: JsonObject | null): JsonObject {
  const { config } = thread.home;
  const { multiAgentMode, ...pages } = { multiAgentMode: 'explicitRequestOnly', ...more };
  const { collaborationMode, ...rest } = pages as JsonObject;
  return {
    thread: object,
    model: config.model,
    modelProvider: config.modelProvider,
    serviceTier: null,
    disabledPluginIds: [],
    cwd: thread.cwd,
    runtimeWorkspaceRoots: [thread.cwd],
    instructionSources: [],
    approvalPolicy: thread.approvalPolicy,
    approvalsReviewer: 'user',
    sandbox: SANDBOXES[thread.sandbox],
    activePermissionProfile: thread.sandbox === 'unset' ? { id: ':read-only', extends: null } : null,
    reasoningEffort: null,
    ...(collaborationMode === undefined ? {} : { collaborationMode }),
    multiAgentMode,
    ...rest,
  };
}

/** The keys that only a resume's answer has. */
export function resumePages(thread: StoredThread): JsonObject {
  const cursor = (rolloutOrdinal: number, kind: string) =>
    JSON.stringify({
      requestedThreadId: thread.threadId,
      rolloutOrdinal,
      includeAnchor: true,
      scope: { kind },
    });
  return {
    collaborationMode: {
      mode: 'default',
      settings: { model: thread.home.config.model, reasoning_effort: null, developer_instructions: null },
    },
    initialTurnsPage: null,
    turnsBackwardsCursor: cursor(thread.rollout.turnOrdinal, 'turns'),
    itemsBackwardsCursor: cursor(thread.rollout.itemOrdinal, 'itemsByCreatedAtOrdinal'),
  };
}
