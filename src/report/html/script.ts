/** The page's script. It reads the entries from the element `entries` and changes nothing but classes and the side panel. */
export const SCRIPT = `
'use strict';
const { entries, step } = JSON.parse(document.getElementById('entries').textContent);
const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
const panel = document.getElementById('detail');
const views = [...document.querySelectorAll('.scroll')];
const buttons = [...document.querySelectorAll('[data-view]')];
const all = (selector) => document.querySelectorAll(selector);
const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};
let picked = step ?? (entries.find(({ actor }) => actor === 'user' || actor === 'fault') ?? entries[0] ?? { seq: -1 }).seq;

function pretty(detail) {
  return detail.split('\\n').map((line) => {
    try {
      const value = JSON.parse(line);
      return typeof value === 'object' ? JSON.stringify(value, null, 2) : line;
    } catch {
      return line;
    }
  }).join('\\n');
}

function links(title, list) {
  if (list.length === 0) return;
  panel.append(make('h2', title));
  const items = make('ul');
  for (const entry of list) {
    const button = make('button');
    button.append(make('small', entry.when + ' ' + entry.who + ' '), entry.gist);
    button.onclick = () => pick(entry.seq, true);
    const item = make('li');
    item.append(button);
    items.append(item);
  }
  panel.append(items);
}

function chain(entry) {
  const causes = [];
  for (let at = bySeq.get(entry.cause); at; at = bySeq.get(at.cause)) causes.push(at);
  return causes;
}

function pick(seq, scroll) {
  const entry = bySeq.get(seq);
  if (!entry) return;
  picked = seq;
  for (const element of all('.picked, .path')) element.classList.remove('picked', 'path');
  for (const element of all('.entry[data-seq="' + seq + '"]')) element.classList.add('picked');
  const causes = chain(entry);
  for (const { seq: at } of [entry, ...causes]) for (const arrow of all('.arrow[data-to="' + at + '"]')) arrow.classList.add('path');
  for (const { seq: at } of causes) for (const mark of all('.entry[data-seq="' + at + '"]')) mark.classList.add('path');
  panel.replaceChildren(
    make('h2', seq === step ? 'Entry ' + seq + ': the rule was found broken here' : 'Entry ' + seq),
    make('p', entry.who + (entry.actor === entry.who ? '' : ' (' + entry.actor + ')'), 'who'),
    make('p', entry.when + ' ms after the set-up \\u00b7 ' + entry.type, 'note'),
  );
  if (entry.detail !== '') panel.append(make('pre', pretty(entry.detail)));
  links('Because of', causes.slice(0, 6));
  links('Led to', entries.filter((other) => other.cause === seq).slice(0, 8));
  if (!scroll) return;
  const target = document.querySelector('.scroll:not([hidden]) .entry[data-seq="' + seq + '"]');
  if (target) target.scrollIntoView({ block: 'center', inline: 'nearest' });
  else show('all', true);
}

function show(name, scroll) {
  for (const view of views) view.hidden = view.id !== name;
  for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.view === name));
  const view = document.getElementById(name);
  const target = view.querySelector('.entry[data-seq="' + picked + '"]');
  if (scroll && target) target.scrollIntoView({ block: 'center', inline: 'nearest' });
}

for (const button of buttons) button.onclick = () => show(button.dataset.view, true);
document.addEventListener('click', (event) => {
  const mark = event.target.closest('.entry');
  if (mark) pick(Number(mark.dataset.seq), false);
});
document.addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const shown = [...document.querySelectorAll('.scroll:not([hidden]) .entry')].map((mark) => Number(mark.dataset.seq));
  const at = shown.indexOf(picked);
  let next;
  if (event.key === 'ArrowDown') next = shown[at + 1];
  else if (event.key === 'ArrowUp') next = shown[at - 1];
  else if (event.key === 'ArrowLeft') next = bySeq.get(picked).cause;
  if (next === undefined || !bySeq.has(next)) return;
  event.preventDefault();
  pick(next, true);
});
document.getElementById('copy').onclick = (event) => {
  const text = document.getElementById('command').textContent;
  const done = () => { event.target.textContent = 'Copied'; };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => getSelection().selectAllChildren(document.getElementById('command')));
  else getSelection().selectAllChildren(document.getElementById('command'));
};
pick(picked, false);
`;
