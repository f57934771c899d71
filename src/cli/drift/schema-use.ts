/** Which parts of codex's schema the recordings use, and what became of them in another version. */
import type { Json, Transcript } from '../../transcript/format.ts';
import { isObject } from '../../transcript/json.ts';
import { renderJson } from '../../transcript/render.ts';
import { Bindings } from '../../transcript/symbols.ts';
import { plainMinter } from '../../transcript/template.ts';
import type { Observation } from './finding.ts';
import type { ProtocolSchema, Root } from './json-schema.ts';
import { Labels } from './labels.ts';
import type { Reads } from './reads.ts';
import { diffSchemas } from './schema-diff.ts';

/** What changed, for the frames of these recordings. `was`: the schema of the version that they were made with, if it is there. */
export function schemaDrift(
  transcripts: readonly Transcript[],
  was: ProtocolSchema | null,
  now: ProtocolSchema,
  reads: Reads,
): Observation[] {
  return transcripts.flatMap((transcript) => framesOf(transcript).flatMap((frame) => driftOf(frame, was, now, reads)));
}

/** Methods that one version has and the other has not, whether somebody uses them or not. */
export function methodsChanged(was: ProtocolSchema, now: ProtocolSchema): { added: string[]; removed: string[] } {
  const roots: readonly Root[] = ['ClientRequest', 'ClientNotification', 'ServerRequest', 'ServerNotification'];
  const only = (one: ProtocolSchema, other: ProtocolSchema): string[] =>
    roots.flatMap((root) => one.methods(root).filter((method) => !other.has(root, method))).sort();
  return { added: only(now, was), removed: only(was, now) };
}

interface Frame {
  readonly recording: string;
  readonly label: string;
  readonly sent: boolean;
  readonly root: Root;
  readonly method: string;
  /** What the method carries, or what it was answered with. */
  readonly part: 'params' | 'result';
  /** Undefined when it carries nothing. */
  readonly value: Json | undefined;
}

/** Frames whose content has a schema: all but errors. */
function framesOf(transcript: Transcript): Frame[] {
  const frames: Frame[] = [];
  const labels = new Map<string, Labels>();
  const asked = new Map<string, { readonly root: Root; readonly method: string }>();
  for (const record of transcript.records) {
    if (record.type !== 'frame' || record.dir === 'err' || !isObject(record.body)) continue;
    const { lane, dir, t } = record;
    const own = labels.get(lane) ?? new Labels('codex');
    labels.set(lane, own);
    const label = own.of(dir, record.body);
    const body = renderJson(record.body, new Bindings(), plainMinter(t));
    if (!isObject(body)) continue;
    const sent = dir === 'send';
    const recording = transcript.header.scenario;
    const key = (by: boolean): string =>
      `${lane} ${by ? 'client' : 'server'} ${JSON.stringify((record.body as { id?: Json }).id ?? null)}`;
    if (typeof body.method === 'string') {
      const kind = body.id === undefined ? 'Notification' : 'Request';
      const root: Root = `${sent ? 'Client' : 'Server'}${kind}`;
      if (kind === 'Request') asked.set(key(sent), { root, method: body.method });
      frames.push({ recording, label, sent, root, method: body.method, part: 'params', value: body.params });
    } else if (body.result !== undefined) {
      const request = asked.get(key(!sent));
      if (request) frames.push({ recording, label, sent, ...request, part: 'result', value: body.result });
    }
  }
  return frames;
}

function driftOf(frame: Frame, was: ProtocolSchema | null, now: ProtocolSchema, reads: Reads): Observation[] {
  const { recording, label, sent, root, method, part, value } = frame;
  if (!now.has(root, method)) {
    // Once is enough: the answer has gone with the request.
    if (part === 'result') return [];
    const use = sent ? 'sent' : reads.uses(label) ? 'read' : 'recorded';
    return [
      { source: 'schema', change: 'frame-removed', use, frame: label, path: '', was: method, now: null, recording },
    ];
  }
  const schemaOf = (protocol: ProtocolSchema): Json =>
    part === 'params' ? protocol.params(root, method) : protocol.result(root as 'ClientRequest', method);
  const after = schemaOf(now);
  // A method without a schema says nothing of what it carries.
  if (after === null || value === undefined) return [];
  const before = was?.has(root, method) === true ? { protocol: was, schema: schemaOf(was) } : null;
  const sample = { recording, frame: label, path: `$.${part}`, sent, value };
  return diffSchemas(sample, before, { protocol: now, schema: after }, reads);
}
