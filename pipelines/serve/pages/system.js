// The store and the server in figures.
import {chip, colorOf, make} from './dom.js';
import {get} from './api.js';
import {bytes, count, duration, momentOf, none} from './format.js';

const refresh_ms = 5000;
const figure = (name, value, note) => make('div', null, make('dt', null, name), make('dd', null, value, make('small', null, note)));
const pairs = entries => make('dl', {class: 'pairs panel'}, ...entries.filter(Boolean).flatMap(([name, value]) => [make('dt', null, name), make('dd', null, value)]));
const section = (id, title, content, note) => make('section', {'aria-labelledby': id}, make('div', {class: 'head'}, make('h2', {id}, title), note ? make('p', {class: 'small'}, note) : null), content);

function draw(main, system) {
  const {store, overview, pictures, events} = system, asked = pictures.hits + pictures.misses;
  main.replaceChildren(make('div', {class: 'head'}, make('h1', null, 'System'), make('p', null, 'deepstack ' + system.version + ', up for ' + duration(system.uptime_s))),
    make('dl', {class: 'figures panel inset'}, figure('Identities', count(overview.identities), count(overview.labels.length) + ' kinds'), figure('Videos', count(overview.videos), count(overview.cameras.length) + ' cameras'),
      figure('Tracks', count(overview.tracks), ''), figure('Observations', count(overview.observations), bytes(store.bytes) + ' in all')),
    make('div', {class: 'columns'},
      section('store', 'Store', pairs([['Folder', store.folder], ['Database', bytes(store.bytes)], ['Log', bytes(store.log_bytes)], ['Free on its disk', bytes(store.disk_free_bytes)],
        ['Format', 'version ' + store.schema], ['Model', overview.model], ['From', overview.tracks ? momentOf(overview.first) : none], ['To', overview.tracks ? momentOf(overview.last) : none]])),
      section('server', 'Server', pairs([['Connections', count(system.connections) + ' of ' + system.most_connections], ['Refused, too many', count(system.refused_connections)], ['Requests', count(system.requests)],
        ['Memory', bytes(system.resident_bytes)], ['Pictures kept', count(pictures.entries) + ', ' + bytes(pictures.bytes)], ['Found there', asked ? Math.round(100 * pictures.hits / asked) + '\u00a0%' : none],
        events ? ['Events', count(events.lines) + (events.dropped ? ', ' + count(events.dropped) + ' unreadable' : '')] : ['Events', 'none are followed'],
        events ? ['Readers of events', events.readers + ' of ' + events.most_readers] : null]))),
    section('cameras', 'Cameras', make('div', {class: 'panel scroll', tabindex: '0', role: 'region', 'aria-label': 'Cameras'}, make('table', null,
      make('thead', null, make('tr', null, make('th', {scope: 'col'}, 'Camera'), make('th', {scope: 'col', class: 'number'}, 'Videos'), make('th', {scope: 'col', class: 'number'}, 'Tracks'))),
      make('tbody', null, ...overview.cameras.map((camera, index) => make('tr', null, make('td', null, make('span', {class: 'where'}, chip(colorOf(index)), camera.name || none)),
        make('td', {class: 'number'}, count(camera.videos)), make('td', {class: 'number'}, count(camera.tracks)))))))));
}

export async function show(main) {
  draw(main, await get('/api/system'));
  const timer = setInterval(async () => {
    // Not under somebody's selection or focus.
    if (document.hidden || String(getSelection()) || main.contains(document.activeElement) && document.activeElement !== main) return;
    try { draw(main, await get('/api/system')); } catch { /* the next one may come */ }
  }, refresh_ms);
  return () => clearInterval(timer);
}
