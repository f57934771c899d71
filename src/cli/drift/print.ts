/** Drift as people read it, and as programs do. */
import { counted } from '../../report/time.ts';
import { type Finding, reaches, SEVERITIES, type Severity } from './finding.ts';
import type { Look } from './look.ts';

export interface Verdict {
  readonly provider: string;
  /** Versions that the recordings were made with, in order. */
  readonly recorded: readonly string[];
  /** The version that was looked at. */
  readonly with: string;
  readonly recordings: number;
  readonly failOn: Severity;
  readonly look: Look;
}

/** The exit code: 0 no drift as bad as asked for, 1 drift, 3 none was seen, but not everything could be looked at. */
export function exitCode({ look, failOn }: Verdict): 0 | 1 | 3 {
  if (look.findings.some(({ severity }) => reaches(severity, failOn))) return 1;
  return look.blind.length > 0 ? 3 : 0;
}

/** Format 1 of the machine-readable form. */
export function asJson(verdict: Verdict): string {
  const { look, ...rest } = verdict;
  const { findings, blind, notes, methods } = look;
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, of(findings, severity).length]));
  const document = {
    format: 1,
    ...rest,
    exitCode: exitCode(verdict),
    counts,
    findings,
    notLookedAt: blind,
    notes,
    methods,
  };
  return JSON.stringify(document, null, 2);
}

/** A table for each severity, the worst first; words that changed are only counted, unless `all`. */
export function asText(verdict: Verdict, all: boolean): string {
  const { provider, recorded, recordings, look } = verdict;
  const lines = [
    `${provider} ${verdict.with}, held against ${counted(recordings, 'recording')} of ${recorded.join(', ')}`,
  ];
  for (const severity of SEVERITIES) {
    const findings = of(look.findings, severity);
    if (findings.length === 0) continue;
    lines.push('', `${severity.toUpperCase()} (${findings.length})`);
    if (severity === 'info' && !all) lines.push('  words, versions and stderr; --all lists them');
    else lines.push(...table(findings));
  }
  if (look.methods !== null) {
    const { added, removed } = look.methods;
    lines.push('', `methods, used here or not: ${added.length} added, ${removed.length} removed (--json names them)`);
  }
  for (const note of look.notes) lines.push('', `note: ${note}`);
  for (const reason of look.blind) lines.push('', `could not look: ${reason}`);
  lines.push('', conclusion(verdict));
  return lines.join('\n');
}

function table(findings: readonly Finding[]): string[] {
  const rows = findings.map((finding) => [
    `${finding.frame} ${finding.path.replace(/^\$\.?/, '')}`.trim(),
    CHANGES[finding.change] + values(finding),
    USES[finding.use],
    finding.recordings.length > 3 ? `${finding.recordings.length} recordings` : finding.recordings.join(', '),
  ]);
  const widths = [0, 1, 2].map((column) => Math.min(64, Math.max(...rows.map((row) => row[column]!.length))));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}

const USES: Readonly<Record<Finding['use'], string>> = {
  sent: 'we send it',
  read: 'we read it',
  recorded: 'recorded',
  model: 'to the model',
};

const CHANGES: Readonly<Record<Finding['change'], string>> = {
  'frame-removed': 'does not come any more',
  'frame-added': 'comes where it did not',
  'frame-new': 'new kind of frame',
  'request-new': 'new request, wants an answer',
  'request-refused': 'is answered with an error',
  'frame-moved': 'comes at another place',
  'field-removed': 'removed',
  'field-added': 'added',
  'field-optional': 'may be missing or null',
  'field-required': 'must be sent',
  'type-changed': 'other type',
  'type-widened': 'further type',
  'value-added': 'new value',
  'value-removed': 'value is not possible any more',
  'value-changed': 'other value',
  'text-changed': 'other words',
  'version-changed': 'other version',
  'stderr-changed': 'stderr',
  'exit-changed': 'ends otherwise',
  'conversation-stopped': 'the conversation stopped',
};

/** Words themselves are the provider's and are not repeated. */
function values({ change, was, now }: Finding): string {
  if (
    change === 'text-changed' ||
    change.startsWith('frame-') ||
    change.startsWith('request-') ||
    change === 'field-removed' ||
    change === 'field-added'
  )
    return '';
  if (was === null && now === null) return '';
  return `: ${[was, now].filter((value) => value !== null).join(' -> ')}`;
}

function conclusion(verdict: Verdict): string {
  const { look, failOn, provider } = verdict;
  const code = exitCode(verdict);
  const counts = SEVERITIES.map((severity) => `${of(look.findings, severity).length} ${severity}`).join(', ');
  if (code === 1) return `drift: ${counts}`;
  if (code === 3) return `${counts}; not everything could be looked at, so this is no answer`;
  return `the recordings hold for ${provider} ${verdict.with}: ${counts} (nothing ${failOn} or worse)`;
}

const of = (findings: readonly Finding[], severity: Severity): Finding[] =>
  findings.filter((finding) => finding.severity === severity);
