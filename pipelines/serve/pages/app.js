// Screens by address, the theme, the shortcuts.
import {byId, make, toast, showTip} from './dom.js';
import {get, post} from './api.js';
import {showPending} from './edits.js';

// A screen is loaded when it is first shown. Its show(main, context) draws it and returns what ends it,
// or nothing; its shortcuts are [keys, what they do].
const screens = [
  [/^\/$/, 'timeline', './timeline.js', 'Timeline'],
  [/^\/identity\/(\d{1,18})$/, 'timeline', './identity.js', 'Identity'],
  [/^\/videos$/, 'videos', './videos.js', 'Videos'],
  [/^\/video\/(\d{1,18})$/, 'videos', './video.js', 'Video'],
  [/^\/find$/, 'find', './find.js', 'Find similar'],
  [/^\/live$/, 'live', './live.js', 'Live'],
  [/^\/system$/, 'system', './system.js', 'System'],
];
const everywhere = [[['g', 't'], 'Timeline'], [['g', 'v'], 'Videos'], [['g', 'f'], 'Find similar'], [['g', 'l'], 'Live'], [['g', 's'], 'System'],
  [['d'], 'Theme: system, light, dark'], [['?'], 'These shortcuts'], [['Esc'], 'Close']];
let end = null, shown = 0, shortcuts = [], lastKey = '';

async function show() {
  const turn = ++shown;
  const found = screens.find(([pattern]) => pattern.test(location.pathname));
  const main = byId('main');
  if (end) end();
  end = null;
  showTip(null);
  for (const link of document.querySelectorAll('.tabs a')) {
    if (found && link.dataset.screen === found[1]) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (!found) {
    main.replaceChildren(make('div', {class: 'panel empty'}, make('b', null, 'There is no such page'), 'Look at the timeline instead.'));
    return;
  }
  document.title = found[3] + ' \u00b7 deepstack';
  try {
    const [screen, overview] = await Promise.all([import(found[2]), get('/api/overview')]);
    if (turn !== shown) return;
    byId('logout').hidden = !overview.token;
    shortcuts = screen.shortcuts || [];
    main.className = screen.wide ? 'wide' : '';
    const id = Number(found[0].exec(location.pathname)[1] || 0);
    const ended = await screen.show(main, {overview, id, query: new URLSearchParams(location.search), go});
    if (turn === shown) { end = ended; showPending(show); }
    else if (ended) ended();
  } catch (error) {
    if (error.name === 'AbortError' || turn !== shown) return;
    main.replaceChildren(make('div', {class: 'panel empty', role: 'alert'}, make('b', null, 'This could not be shown'), error.message));
  }
}

export function go(address, replace) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  show().then(() => { if (!replace) { scrollTo(0, 0); byId('main').focus({preventScroll: true}); } });
}

function follow(event) {
  const link = event.target.closest('a[href]');
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.getAttribute('href').startsWith('#') || link.target) return;
  event.preventDefault();
  go(link.href);
}

const themes = ['system', 'light', 'dark'];
function setTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem('theme', theme); } catch { /* kept for this page alone */ }
  byId('theme').setAttribute('aria-label', 'Theme: ' + (theme === 'system' ? 'as the system' : theme));
  document.dispatchEvent(new Event('theme'));
}
function nextTheme() {
  const now = document.documentElement.dataset.theme || 'system';
  const theme = themes[(themes.indexOf(now) + 1) % themes.length];
  setTheme(theme);
  toast('Theme: ' + (theme === 'system' ? 'as the system' : theme));
}

function showShortcuts() {
  const list = entries => make('dl', {class: 'keys'}, ...entries.flatMap(([keys, text]) =>
    [make('dt', null, ...keys.map(key => make('kbd', null, key))), make('dd', null, text)]));
  const dialog = byId('shortcuts');
  dialog.replaceChildren(make('h2', {id: 'shortcuts-title'}, 'Keyboard shortcuts'),
    ...(shortcuts.length ? [make('h3', null, 'On this screen'), list(shortcuts)] : []),
    make('h3', null, 'Everywhere'), list(everywhere),
    make('div', {class: 'actions'}, make('button', {type: 'button', class: 'primary', autofocus: true, onclick: () => dialog.close()}, 'Close')));
  dialog.showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, dialog')) return;
  const places = {t: '/', v: '/videos', f: '/find', l: '/live', s: '/system'};
  const after = lastKey;
  lastKey = event.key;
  if (after === 'g' && places[event.key]) { event.preventDefault(); event.stopImmediatePropagation(); go(places[event.key]); }
  else if (event.key === '?') showShortcuts();
  else if (event.key === 'd') nextTheme();
}

document.addEventListener('click', follow);
document.addEventListener('keydown', onKey, true);
addEventListener('popstate', show);
byId('theme').addEventListener('click', nextTheme);
byId('help').addEventListener('click', showShortcuts);
byId('logout').addEventListener('click', async () => { await post('/api/logout', {}); location.href = '/'; });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new Event('theme')));
show();
