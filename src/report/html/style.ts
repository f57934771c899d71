/** The page's style sheet: light and dark, no external resources. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #f7f7f5; --card: #ffffff; --ink: #1c1d21; --soft: #64666e; --line: #dedfe3; --hover: #eef2ff;
  --bad: #c81e3a; --bad-bg: #fdecef; --good: #15803d; --good-bg: #e9f7ee; --accent: #3b5bdb;
  --user: #2563eb; --fault: #dc2626; --daemon: #7c3aed; --agent: #0f8b8d; --tmux: #b45309; --pane: #4d7c0f; --process: #64748b;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #15161a; --card: #1d1f24; --ink: #e7e8ea; --soft: #9b9ea8; --line: #34363d; --hover: #262b3d;
    --bad: #ff7b8f; --bad-bg: #3a1a21; --good: #6fdc94; --good-bg: #16301f; --accent: #8ea6ff;
    --user: #7aa7ff; --fault: #ff7070; --daemon: #b79cff; --agent: #4fd0d2; --tmux: #f0a95b; --pane: #a3d65c; --process: #a3adbd;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 28px 40px; background: var(--bg); color: var(--ink); font: 14px/1.5 system-ui, 'Segoe UI', 'Helvetica Neue', sans-serif; }
h1 { margin: 4px 0 6px; font-size: 22px; line-height: 1.3; font-weight: 650; max-width: 62em; }
h2 { margin: 0 0 8px; font-size: 12px; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); font-weight: 600; }
p { margin: 0 0 8px; }
code, pre { font-family: var(--mono); font-size: 12.5px; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.chip { padding: 2px 10px; border-radius: 999px; background: var(--bad-bg); color: var(--bad); font-weight: 600; font-size: 12.5px; }
.chip.good { background: var(--good-bg); color: var(--good); }
.chip.plain { background: none; border: 1px solid var(--line); color: var(--soft); font-weight: 500; }
.where { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 14px; margin: 16px 0; align-items: stretch; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.versus { display: grid; gap: 8px; }
.versus div { border-radius: 8px; padding: 8px 12px; overflow-wrap: anywhere; }
.versus b { display: block; font-size: 12px; }
.expected { background: var(--good-bg); } .expected b { color: var(--good); }
.seen { background: var(--bad-bg); } .seen b { color: var(--bad); }
ol.takes { margin: 6px 0; padding: 0; list-style: none; }
ol.takes li { display: grid; grid-template-columns: 74px 1fr; gap: 10px; padding: 3px 0; overflow-wrap: anywhere; }
ol.takes time { font-family: var(--mono); font-size: 12.5px; text-align: right; color: var(--soft); }
li.fault { color: var(--fault); } li.step { color: var(--user); } li span { color: var(--ink); }
li.fault span::before { content: '\\25b2\\00a0'; color: var(--fault); font-size: 11px; }
li.step span::before { content: '\\25a0\\00a0'; color: var(--user); font-size: 11px; }
li.choice span::before { content: '\\25c6\\00a0'; color: var(--soft); font-size: 11px; }
.note { color: var(--soft); font-size: 13px; }
.command { display: flex; gap: 8px; align-items: flex-start; margin-bottom: 10px; }
.command code { flex: 1; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; overflow-wrap: anywhere; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px; cursor: pointer; }
button:hover { border-color: var(--accent); }
button[aria-pressed='true'] { background: var(--accent); border-color: var(--accent); color: var(--card); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.bar { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 20px 0 10px; }
.bar .group { display: flex; } .bar .group button:first-child { border-radius: 6px 0 0 6px; } .bar .group button:last-child { border-radius: 0 6px 6px 0; border-left: 0; }
.view { display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 14px; max-height: calc(100vh - 32px); grid-template-rows: minmax(0, 1fr); }
.scroll { overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.detail { overflow: auto; }
.detail pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; padding: 8px 10px; margin: 6px 0 12px; max-height: 38vh; overflow: auto; }
.detail .who { font-weight: 650; font-size: 15px; overflow-wrap: anywhere; }
.detail ul { list-style: none; margin: 4px 0 12px; padding: 0; }
.detail li button { width: 100%; text-align: left; border: 0; padding: 3px 6px; background: none; overflow-wrap: anywhere; }
.detail li button:hover { background: var(--hover); }
.detail small { color: var(--soft); }
svg { display: block; font-family: var(--mono); font-size: 11px; }
svg.header { position: sticky; top: 0; z-index: 1; background: var(--card); border-bottom: 1px solid var(--line); }
.k-user { --k: var(--user); } .k-fault { --k: var(--fault); } .k-daemon { --k: var(--daemon); } .k-agent { --k: var(--agent); }
.k-tmux { --k: var(--tmux); } .k-pane { --k: var(--pane); } .k-process { --k: var(--process); }
.head { fill: var(--card); stroke: var(--k); stroke-width: 1.5; } .head-text { text-anchor: middle; fill: var(--k); font-weight: 600; font-size: 10.5px; }
.axis { text-anchor: end; fill: var(--soft); }
.lifeline { stroke: var(--line); stroke-dasharray: 2 4; }
.life { fill: var(--k); opacity: .16; } .trouble { fill: var(--fault); opacity: .22; }
.arrow { fill: none; stroke: var(--soft); stroke-width: 1; opacity: .45; } .arrow.same { opacity: .2; }
.arrow.cause { stroke: var(--bad); stroke-width: 2; opacity: .75; } .arrow.cause.same { opacity: .75; }
.hit { fill: transparent; } .entry { cursor: pointer; } .entry:hover .hit { fill: var(--hover); }
.entry .mark { fill: var(--card); stroke: var(--k); stroke-width: 1.75; }
.entry.cause .mark, .entry.outside .mark { fill: var(--k); }
.label { fill: var(--ink); stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.entry.rest { opacity: .5; } .entry.subject .label { fill: var(--soft); }
.entry.outside .label { fill: var(--k); font-weight: 600; } .entry.cause .label { font-weight: 600; }
.entry.broken .label { fill: var(--bad); } .ring { fill: var(--bad); } .cross { stroke: var(--card); stroke-width: 2.5; stroke-linecap: round; }
.entry.path:not(.cause) .label { fill: var(--accent); } .entry.path { opacity: 1; }
.arrow.path:not(.cause) { stroke: var(--accent); opacity: 1; stroke-width: 2; }
.entry.picked .hit { fill: var(--hover); stroke: var(--accent); } .entry.picked { opacity: 1; }
.break line { stroke: var(--line); } .break text, .band text { fill: var(--soft); font-style: italic; font-size: 10px; }
.band circle { fill: var(--k); opacity: .4; }
@media (max-width: 900px) { .view { grid-template-columns: 1fr; height: auto; } .scroll { max-height: 80vh; } }
@media print { .view { height: auto; display: block; } .scroll { overflow: visible; } .bar { display: none; } }
`;
