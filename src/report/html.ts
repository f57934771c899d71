import type { TraceEntry } from '../kernel/trace.ts';
import type { Violation } from '../scenario/verdict.ts';
import { type Actors, actorsOf } from './actors.ts';
import { comesFromOutside, conePartsOf } from './cone.ts';
import type { ReportedRun } from './failure.ts';
import { clipped, gistOf } from './gist.ts';
import { diagramSvg, headerSvg } from './html/diagram.ts';
import { escapeHtml, scriptJson } from './html/escape.ts';
import { limitRows } from './html/layout.ts';
import { SCRIPT } from './html/script.ts';
import { STYLE } from './html/style.ts';
import { counted, grouped, spoken } from './time.ts';
import { scenarioWords } from './words.ts';

/** More rows than this make a page that browsers scroll badly; the latest are kept, the others counted. */
const MAX_ROWS = 3_000;
/** Characters of an entry's detail that the page keeps. */
const MAX_DETAIL = 4_000;

/**
 * One self-contained HTML page with the space-time view of a run: no external resources, works from a file, light and
 * dark. The same run gives the same bytes. Trace texts may hold any characters.
 */
export function runHtml(run: ReportedRun): string {
  const { result } = run;
  const { violation } = result;
  const parts = conePartsOf(result.trace, violation);
  const actors = actorsOf(result.trace);
  const { shown, omitted } = limitRows(result.trace, parts, MAX_ROWS);
  const matters = ({ seq }: TraceEntry) => parts[seq] !== 'rest' || seq === violation?.step;
  const drawing = { run, entries: shown, parts, actors };
  const header = headerSvg(actors);
  const causes = `<div class="scroll" id="causes">${header}${diagramSvg({ ...drawing, full: matters })}</div>`;
  const all = `<div class="scroll" id="all" hidden>${header}${diagramSvg({ ...drawing, full: () => true })}</div>`;
  const legend = violation
    ? `Filled marks and the red line led to the broken rule; hollow ones concern ${escapeHtml(violation.subject)}.`
    : 'Filled marks are what users and faults did, hollow ones what users were told.';
  const left =
    omitted === 0 ? '' : `<span class="note">${counted(omitted, 'early entry', 'early entries')} left out</span>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(violation ? `${violation.rule.id}: ${violation.subject}` : 'No rule was broken')}</title>
<style>${STYLE}</style>
</head>
<body>
${headHtml(run)}
<section class="cards">
${versusCard(violation)}
${takesCard(run)}
${factsCard(run)}
</section>
<div class="bar">
<div class="group"><button type="button" data-view="causes" aria-pressed="true">${violation ? 'What led to it' : 'In short'}</button><button type="button" data-view="all" aria-pressed="false">Everything</button></div>
<span class="note">Time runs downwards. ${legend} Click an event; &uarr; &darr; walk, &larr; goes to its cause.</span>${left}
</div>
<div class="view">
<div style="display:grid;min-width:0;min-height:0">${causes}${all}</div>
<aside class="card detail" id="detail" aria-live="polite"></aside>
</div>
<script type="application/json" id="entries">${scriptJson(pageData(run, shown, actors))}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function headHtml({ result, canary, originMs }: ReportedRun): string {
  const { violation } = result;
  if (!violation) {
    return `<header><div class="chips"><span class="chip good">no rule broken</span></div><h1>This run keeps every rule.</h1></header>`;
  }
  const { rule, subject, time } = violation;
  const chips = [
    `<span class="chip">${rule.kind === 'harness' ? 'simulation failed' : `${rule.kind} rule broken`}</span>`,
    `<span class="chip plain">${escapeHtml(rule.id)}</span>`,
    ...(canary ? [`<span class="chip plain">known bug: ${escapeHtml(canary.id)}</span>`] : []),
  ];
  return `<header><div class="chips">${chips.join('')}</div><h1>${escapeHtml(rule.sentence)}</h1><p class="where">Broken by <b>${escapeHtml(subject)}</b> at ${spoken(time - originMs)}. Source: ${escapeHtml(rule.source)}.</p></header>`;
}

function versusCard(violation: Violation | null): string {
  if (!violation) return '';
  return `<div class="card"><h2>Expected against seen</h2><div class="versus"><div class="expected"><b>Expected</b>${escapeHtml(violation.expected)}</div><div class="seen"><b>Seen</b>${escapeHtml(violation.seen)}</div></div></div>`;
}

function takesCard({ scenario, delaysMs, result }: ReportedRun): string {
  const { setup, sentences } = scenarioWords(scenario, delaysMs);
  const list = sentences.map(({ kind, at, text }) => {
    return `<li class="${kind}"><time>${at === null ? '' : spoken(at)}</time><span>${escapeHtml(text)}</span></li>`;
  });
  const unfired = result.unfired.map((line) => `<p class="note">Without effect: ${escapeHtml(line)}</p>`);
  return `<div class="card"><h2>What it takes</h2><p>${escapeHtml(setup)}</p><ol class="takes">${list.join('')}</ol>${unfired.join('')}<p class="note">Everything else is default: nothing else goes wrong, ties are first come first served, latencies are usual.</p></div>`;
}

function factsCard({ command, replays, result, found, canary, scenario }: ReportedRun): string {
  const size = scenario.steps.length + scenario.faults.length + scenario.choices.length;
  const rows: [string, string][] = [];
  if (canary) rows.push(['Known bug', `${canary.title} (${canary.source})`]);
  rows.push(['Trace hash', `${result.hash}${replays > 0 ? `, replayed ${replays}/${replays}` : ''}`]);
  if (found) {
    rows.push(['Found', `run ${grouped(found.runs)} of seed ${found.seed}`]);
    rows.push(['Shrunk', `from ${found.generatedSize} to ${size} decisions in ${counted(found.shrinkRuns, 'run')}`]);
  }
  rows.push(['Run', `${counted(result.events, 'event')}, ${spoken(result.virtualMs)} of virtual time`]);
  const list = rows.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('');
  return `<div class="card"><h2>Run it again</h2><div class="command"><code id="command">${escapeHtml(command)}</code><button type="button" id="copy">Copy</button></div><dl>${list}</dl></div>`;
}

/** What the script needs to know of the entries. */
function pageData({ result, originMs }: ReportedRun, shown: readonly TraceEntry[], { list, of }: Actors) {
  const entries = shown.map((entry) => {
    const { seq, time, actor, type, detail } = entry;
    return {
      seq,
      when: grouped(time - originMs),
      who: list[of[seq]!]!.name,
      actor,
      type,
      gist: clipped(gistOf(entry), 120),
      detail: clipped(detail, MAX_DETAIL),
      cause: comesFromOutside(entry) ? -1 : entry.cause,
    };
  });
  return { step: result.violation?.step ?? null, entries };
}
