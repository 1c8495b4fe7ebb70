// One identity: what is known of it, and every time it was seen, the latest first.
import {chip, colorOf, icon, make, picture} from './dom.js';
import {address, get} from './api.js';
import {editButtons} from './edits.js';
import {clock, count, counted, duration, longDayOf, momentOf, nameOf, none, timeOf} from './format.js';

export const shortcuts = [[['Tab'], 'Next sighting'], [['Enter'], 'Play it']];
const pageSize = 60;

function sighting(track, cameras) {
  const color = colorOf(cameras.findIndex(camera => camera.name === track.camera));
  const length = track.last - track.first;
  const inside = [picture(track.picture, '', 'picture shot'),
    make('span', {class: 'about'}, make('b', null, timeOf(track.first)), make('span', {class: 'where'}, chip(color), track.camera || none),
      make('span', {class: 'quiet small'}, (length >= 0.1 ? duration(length) + ' \u00b7 ' : '') + counted(track.sightings, 'view', 'views') +
        (track.video ? '' : ' \u00b7 live')))];
  return track.video
    ? make('a', {class: 'panel sighting', 'data-track': track.id, href: address('/video/' + track.video, {t: track.first_pts, track: track.id}),
        'aria-label': 'Play from ' + momentOf(track.first) + ' on ' + track.camera + ', at ' + clock(track.first_pts) + ' of its video'}, ...inside)
    : make('div', {class: 'panel sighting', 'data-track': track.id}, ...inside);
}

function figures(details) {
  const figure = (name, value, note) => make('div', null, make('dt', null, name), make('dd', null, value, make('small', null, note)));
  return make('dl', {class: 'figures'}, figure('Tracks', count(details.tracks), counted(details.sightings, 'view', 'views') + ' kept'),
    figure('Cameras', count(details.cameras.length), details.cameras[0] ? 'most on ' + details.cameras[0].name : ''),
    figure('First seen', timeOf(details.first), longDayOf(details.first)), figure('Last seen', timeOf(details.last), longDayOf(details.last)));
}

export async function show(main, {overview, id, go}) {
  const details = await get('/api/identities/' + id);
  if (details.merged_into) { go('/identity/' + details.merged_into, true); return; }
  document.title = nameOf(details) + ' \u00b7 deepstack';
  const days = make('div', {class: 'days'});
  const more = make('button', {type: 'button', class: 'more'}, 'Show more');
  const tools = make('div', {class: 'actions'});
  tools.append(make('a', {class: 'button', href: '/find?identity=' + id}, icon('find'), 'Find similar'), make('a', {class: 'button', href: address('/', {text: details.uuid})}, icon('fit'), 'On the timeline'),
    ...editButtons(details, () => [...days.querySelectorAll('.sighting')], number => go(number ? '/identity/' + number : '/', number === id)));
  main.replaceChildren(
    make('div', {class: 'who'}, picture(details.picture, nameOf(details), 'picture portrait'),
      make('div', {class: 'what'}, make('p', {class: 'quiet small'}, details.name ? details.label + ' ' + details.number : 'Identity'),
        make('h1', null, nameOf(details)),
        make('p', {class: 'cameras-of'}, ...details.cameras.map(camera => make('span', {class: 'where'},
          chip(colorOf(overview.cameras.findIndex(one => one.name === camera.name))), (camera.name || none) + ' ', make('span', {class: 'quiet'}, count(camera.tracks))))),
        figures(details), make('p', {class: 'id'}, details.uuid), tools)),
    make('section', {'aria-labelledby': 'seen'}, make('div', {class: 'head'}, make('h2', {id: 'seen'}, 'Sightings'), make('p', {class: 'small'}, 'The latest first')), days, more));
  let shown = 0, day = '', grid = null;
  const load = async () => {
    const tracks = await get('/api/identities/' + id + '/tracks', {offset: shown, limit: pageSize});
    for (const track of tracks) {
      const on = longDayOf(track.first);
      if (on !== day) {
        day = on;
        grid = make('div', {class: 'sightings'});
        days.append(make('h3', {class: 'day'}, on), grid);
      }
      grid.append(sighting(track, overview.cameras));
    }
    shown += tracks.length;
    more.hidden = shown >= details.tracks || !tracks.length;
    if (!shown) days.append(make('div', {class: 'panel empty'}, make('b', null, 'No sighting is kept'), 'This identity was learned live; its tracks are not in the archive.'));
  };
  more.addEventListener('click', load);
  await load();
}
