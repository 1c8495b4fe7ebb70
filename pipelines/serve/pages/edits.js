// What a person may correct: a name, two that are one, one that is two; and erasing somebody. Edits can be
// undone until they are kept, also after a reload: the server remembers them.
import {byId, icon, make, picture, toast} from './dom.js';
import {get, post} from './api.js';
import {counted, nameOf} from './format.js';

function sheet(title, ...content) {
  const dialog = make('dialog', {class: 'sheet', 'aria-label': title}, make('h2', null, title), ...content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
const actions = (dialog, ...buttons) => make('div', {class: 'actions'}, make('button', {type: 'button', onclick: () => dialog().close()}, 'Cancel'), ...buttons);

// Asks, then does; an error stays in the dialog.
function form(title, content, verb, kind, act) {
  const problem = make('p', {class: 'bad small', role: 'alert'});
  let dialog = null;
  const body = make('form', {method: 'dialog'}, ...content, problem, actions(() => dialog, make('button', {class: kind}, verb)));
  body.addEventListener('submit', async event => {
    event.preventDefault();
    const button = body.querySelector('.actions button:last-child');
    button.disabled = true;
    try {
      await act();
      dialog.close();
    } catch (error) { problem.textContent = error.message; }
    button.disabled = false;
  });
  dialog = sheet(title, body);
  return dialog;
}

export function askName(details, done) {
  const field = make('input', {type: 'text', value: details.name, maxlength: '80', 'aria-label': 'Name', autofocus: true, class: 'whole'});
  form('Name', [make('p', {class: 'quiet'}, 'Empty takes the name away.'), field], 'Name', 'primary', async () => {
    await post('/api/edits/name', {identity: details.number, name: field.value.trim()});
    done(details.number);
  });
  field.select();
}

export function askMerge(details, done) {
  let chosen = null, turn = 0;
  const list = make('div', {class: 'choices', role: 'listbox', 'aria-label': 'Identities'});
  const field = make('input', {type: 'search', placeholder: 'Name, number or UUID', 'aria-label': 'Search identities', autofocus: true, class: 'whole'});
  const load = async () => {
    const mine = ++turn;
    const found = await get('/api/timeline', {text: field.value.trim(), label: details.label, limit: 30});
    if (mine !== turn) return;
    const rows = found.rows.filter(row => row.number !== details.number);
    // Whoever was chosen while the list was on its way stays chosen.
    chosen = chosen && rows.find(row => row.number === chosen.number) || null;
    list.replaceChildren(...rows.map(row => {
      const choice = make('button', {type: 'button', class: 'choice', role: 'option', 'aria-selected': String(row === chosen), onclick: () => {
        chosen = row;
        for (const other of list.children) other.setAttribute('aria-selected', String(other === choice));
      }}, picture(row.picture, '', 'picture face'), make('b', null, nameOf(row)));
      return choice;
    }));
  };
  let later = 0;
  field.addEventListener('input', () => { clearTimeout(later); later = setTimeout(() => load().catch(() => {}), 120); });
  form('Who is the same as ' + nameOf(details) + '?', [field, list], 'Merge', 'primary', async () => {
    if (!chosen) throw new Error('Choose one of the list first.');
    await post('/api/edits/merge', {from: details.number, into: chosen.number});
    done(chosen.number);
  });
  load().catch(() => {});
}

export function askErase(details, done) {
  form('Erase ' + nameOf(details) + '?', [
    make('p', null, counted(details.tracks, 'track', 'tracks') + ' and ' + counted(details.sightings, 'view', 'views') +
      ' go with it, from the database, its log and every file beside it. The videos stay as they are.'),
    make('p', {class: 'bad'}, 'This cannot be undone.')], 'Erase', 'danger', async () => {
    const report = await post('/api/edits/erase', {identity: details.number});
    toast(nameOf(details) + ' is erased: ' + counted(report.tracks, 'track', 'tracks') + ', ' + counted(report.observations, 'view', 'views'));
    done(null);
  });
}

// Choosing sightings to split off. cards: their elements, track -> element.
export function beginSplit(details, cards, done) {
  const chosen = new Set();
  const split = make('button', {type: 'button', class: 'primary', disabled: true, onclick: async () => {
    try {
      const {identity} = await post('/api/edits/split', {identity: details.number, tracks: [...chosen]});
      end();
      done(identity);
    } catch (error) { toast(error.message); }
  }}, 'Split off');
  const note = make('span', null, 'Choose the sightings of somebody else');
  const bar = make('div', {class: 'pending panel', role: 'region', 'aria-label': 'Split'}, note, make('button', {type: 'button', onclick: () => end()}, 'Cancel'), split);
  const choose = event => {
    const card = event.currentTarget, track = Number(card.dataset.track);
    event.preventDefault();
    event.stopPropagation();
    if (!chosen.delete(track)) chosen.add(track);
    card.setAttribute('aria-pressed', String(chosen.has(track)));
    split.disabled = !chosen.size;
    note.textContent = chosen.size ? counted(chosen.size, 'sighting is', 'sightings are') + ' somebody else' : 'Choose the sightings of somebody else';
  };
  const end = () => {
    bar.remove();
    for (const card of cards()) { card.removeEventListener('click', choose, true); card.removeAttribute('aria-pressed'); card.classList.remove('choosing'); }
  };
  for (const card of cards()) { card.classList.add('choosing'); card.setAttribute('aria-pressed', 'false'); card.addEventListener('click', choose, true); }
  document.body.append(bar);
  split.focus();
  return end;
}

const verbs = {name: 'Named', merge: 'Merged', split: 'Split'};
function textOf(edit) {
  const who = number => 'number ' + number;
  if (edit.action === 'merge') return 'Merged ' + who(edit.identity) + ' into ' + who(edit.other);
  if (edit.action === 'split') return 'Split ' + who(edit.other) + ' off ' + who(edit.identity);
  return (verbs[edit.action] || edit.action) + ' ' + who(edit.identity);
}

// What can still be undone, at the foot of every screen.
export async function showPending(changed) {
  const edits = await get('/api/edits').catch(() => []);
  byId('pending')?.remove();
  if (!edits.length) return;
  const act = (path, list) => async () => {
    try { for (const edit of list) await post(path, {edit: edit.edit}); } catch (error) { toast(error.message); }
    changed();
  };
  const last = edits[edits.length - 1];
  document.body.append(make('div', {id: 'pending', class: 'pending panel', role: 'region', 'aria-label': 'Changes that can be undone'},
    make('span', null, textOf(last) + (edits.length > 1 ? ', and ' + counted(edits.length - 1, 'change', 'changes') + ' before' : '')),
    make('button', {type: 'button', onclick: act('/api/edits/undo', [last])}, 'Undo'),
    make('button', {type: 'button', class: 'primary', onclick: act('/api/edits/confirm', edits)}, edits.length > 1 ? 'Keep all' : 'Keep')));
}

export function editButtons(details, cards, changed) {
  const button = (name, text, kind, action) => make('button', {type: 'button', class: kind, onclick: action}, icon(name), text);
  return [button('pen', 'Name', null, () => askName(details, changed)), button('merge', 'Merge', null, () => askMerge(details, changed)),
    button('split', 'Split', null, () => beginSplit(details, cards, changed)), button('erase', 'Erase', 'danger', () => askErase(details, changed))];
}
