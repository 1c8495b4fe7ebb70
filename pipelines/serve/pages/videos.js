// The videos of the store.
import {chip, colorOf, make} from './dom.js';
import {get} from './api.js';
import {count, counted, dayOf, duration, none, timeOf} from './format.js';

const pageSize = 100;
const states = {done: 'indexed', complete: 'indexed', failed: 'failed', running: 'under way', partial: 'under way'};

function row(video, cameras) {
  const color = colorOf(cameras.findIndex(camera => camera.name === video.camera));
  const state = states[video.status] || video.status || none;
  return make('tr', null, make('td', {class: 'text'}, make('a', {href: '/video/' + video.id}, video.file || 'video ' + video.id)),
    make('td', null, make('span', {class: 'where'}, chip(color), video.camera || none)),
    make('td', null, video.start ? dayOf(video.start) + ', ' + timeOf(video.start) : none),
    make('td', {class: 'number'}, duration(video.duration)),
    make('td', {class: 'number wide-only'}, video.width ? video.width + ' \u00d7 ' + video.height : none),
    make('td', {class: 'number'}, count(video.tracks)),
    make('td', {class: 'text wide-only' + (video.error ? ' bad' : ''), title: video.error}, video.error ? state + ': ' + video.error : state));
}

export async function show(main, {overview}) {
  const body = make('tbody');
  const more = make('button', {type: 'button', class: 'more'}, 'Show more');
  const heading = (text, kind) => make('th', {scope: 'col', class: kind || null}, text);
  let shown = 0;
  const load = async () => {
    const videos = await get('/api/videos', {offset: shown, limit: pageSize});
    body.append(...videos.map(video => row(video, overview.cameras)));
    shown += videos.length;
    more.hidden = shown >= overview.videos || !videos.length;
  };
  more.addEventListener('click', load);
  await load();
  main.replaceChildren(make('div', {class: 'head'}, make('h1', null, 'Videos'), make('p', null, counted(overview.videos, 'video', 'videos') + ', the latest first')),
    shown ? make('div', {class: 'panel scroll', tabindex: '0', role: 'region', 'aria-label': 'Videos'}, make('table', null,
      make('thead', null, make('tr', null, heading('File'), heading('Camera'), heading('Begins'), heading('Length', 'number'), heading('Size', 'number wide-only'),
        heading('Tracks', 'number'), heading('State', 'wide-only'))), body))
      : make('div', {class: 'panel empty'}, make('b', null, 'No videos yet'), 'deepstack index FILES --store DIR puts them here.'), more);
}
