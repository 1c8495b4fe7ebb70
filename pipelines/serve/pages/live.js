// What happens now: who is before which camera, and the events as they come.
import {chip, colorOf, make} from './dom.js';
import {clock, count, counted, timeOf} from './format.js';

export const shortcuts = [[['Space'], 'Hold, go on']];
const mostRows = 200, forgetAfter_ms = 30000;
const kinds = {new: 'Appeared', update: 'Seen', end: 'Left', rename: 'Renamed', merge: 'Merged', stream_gap: 'Gap', stats: 'Figures'};
const short = uuid => uuid ? uuid.slice(0, 8) : '';

function summary(event) {
  const objects = event.objects || [];
  if (event.event === 'rename' && event.rename) return 'track ' + (event.rename.id ?? '') + ' is ' + short(event.rename.to) + ', not ' + short(event.rename.from);
  if (event.event === 'merge' && event.merge) return [event.merge.from].flat().map(short).join(', ') + ' is ' + short(event.merge.to);
  if (event.event === 'stream_gap') return event.stream_gap?.gap_s ? 'nothing for ' + event.stream_gap.gap_s + ' s' : 'the stream was interrupted';
  if (event.event === 'stats') return event.stats ? counted(event.stats.frames_analysed ?? event.stats['frames-analysed'] ?? 0, 'frame analysed', 'frames analysed') : '';
  if (objects.length) return objects.map(one => (one.roi_type || one.detection?.label || 'object') + ' ' + short(one.identity?.id)).join(', ');
  return event.end ? 'track ' + event.end.id : '';
}
function momentOf(event) {
  const utc = event.time?.utc;
  if (typeof utc === 'string') return timeOf(Date.parse(utc) / 1000);
  if (typeof utc === 'number') return timeOf(utc > 1e12 ? utc / 1e9 : utc);
  return event.timestamp === undefined ? '' : clock(event.timestamp / 1e9, true);
}

class Live {
  constructor(main) {
    this.held = [];
    this.hold = false;
    this.cameras = new Map();  // source -> {tracks: Map(id -> {name, at}), events}
    this.off = new Set(['update', 'stats']);
    this.state = make('span', {class: 'state', role: 'status'});
    this.holdButton = make('button', {type: 'button', 'aria-pressed': 'false', onclick: () => this.toggleHold()}, 'Hold');
    this.present = make('div', {class: 'present'});
    this.log = make('tbody');
    this.empty = make('div', {class: 'empty'}, make('b', null, 'Waiting for events'), 'They appear here as they are written.');
    main.replaceChildren(make('div', {class: 'head'}, make('h1', null, 'Live'), this.state),
      this.present, make('section', {'aria-labelledby': 'log'}, make('div', {class: 'head'}, make('h2', {id: 'log'}, 'Events'),
        make('div', {class: 'cameras', role: 'group', 'aria-label': 'Kinds of events'}, ...Object.entries(kinds).map(([kind, text]) =>
          make('button', {type: 'button', class: 'toggle', 'aria-pressed': String(!this.off.has(kind)), onclick: event => this.toggleKind(kind, event.currentTarget)}, text))), this.holdButton),
      make('div', {class: 'panel scroll'}, make('table', {class: 'log'}, make('thead', null, make('tr', null, ...['Time', 'Event', 'Camera', 'What'].map(text => make('th', {scope: 'col'}, text)))), this.log), this.empty)));
    this.keys = event => { if (event.key === ' ' && !event.target.closest('button, a, input, select, dialog')) { event.preventDefault(); this.toggleHold(); } };
    document.addEventListener('keydown', this.keys);
    this.connect();
    this.timer = setInterval(() => this.showPresent(), 2000);
  }
  connect() {
    this.say('connecting', 'Connecting \u2026');
    this.source = new EventSource('/api/events');
    this.source.onopen = () => this.say('on', 'Live');
    this.source.onerror = () => this.say('off', this.source.readyState === EventSource.CLOSED ? 'Not available' : 'Lost; connecting again \u2026');
    this.source.onmessage = message => this.take(JSON.parse(message.data));
    this.source.addEventListener('missed', message => this.add(null, counted(Number(message.data), 'event', 'events') + ' went by too fast to be shown'));
  }
  say(state, text) { this.state.className = 'state ' + state; this.state.textContent = text; }

  take(event) {
    const camera = event.source || 'stream';
    if (!this.cameras.has(camera)) this.cameras.set(camera, {tracks: new Map(), index: this.cameras.size, events: 0});
    const place = this.cameras.get(camera), now = performance.now();
    ++place.events;
    for (const one of event.objects || []) {
      place.tracks.set(one.id, {name: (one.roi_type || one.detection?.label || 'object') + (one.identity?.id ? ' ' + short(one.identity.id) : ''), at: now});
    }
    if (event.event === 'end') for (const one of event.objects || [event.end || {}]) place.tracks.delete(one.id);
    this.soon ||= requestAnimationFrame(() => { this.soon = 0; this.showPresent(); });
    if (this.hold) { this.held.push(event); if (this.held.length > mostRows) this.held.shift(); return; }
    this.add(event);
  }
  add(event, text) {
    if (event && this.off.has(event.event)) return;
    this.empty.hidden = true;
    const index = event ? this.cameras.get(event.source || 'stream')?.index ?? -1 : -1;
    this.log.prepend(make('tr', {'data-kind': event ? event.event : 'missed'}, make('td', null, event ? momentOf(event) : ''),
      make('td', null, make('span', {class: 'kind ' + (event ? event.event : '')}, event ? kinds[event.event] || event.event : 'Missed')),
      make('td', null, event ? make('span', {class: 'where'}, chip(colorOf(index)), event.source || 'stream') : ''), make('td', {class: 'text'}, text || summary(event))));
    while (this.log.children.length > mostRows) this.log.lastChild.remove();
  }
  showPresent() {
    const now = performance.now();
    this.present.replaceChildren(...[...this.cameras].map(([name, place]) => {
      for (const [id, track] of place.tracks) if (now - track.at > forgetAfter_ms) place.tracks.delete(id);
      return make('article', {class: 'panel place'}, make('h3', {class: 'where'}, chip(colorOf(place.index)), name),
        make('p', {class: 'big'}, count(place.tracks.size)), make('p', {class: 'quiet small'}, [...place.tracks.values()].slice(0, 4).map(track => track.name).join(', ') || 'nobody in view'));
    }));
  }
  toggleKind(kind, button) {
    if (this.off.has(kind)) this.off.delete(kind); else this.off.add(kind);
    button.setAttribute('aria-pressed', String(!this.off.has(kind)));
    for (const row of this.log.querySelectorAll('[data-kind="' + kind + '"]')) row.hidden = this.off.has(kind);
  }
  toggleHold() {
    this.hold = !this.hold;
    this.holdButton.setAttribute('aria-pressed', String(this.hold));
    this.holdButton.textContent = this.hold ? 'Go on' : 'Hold';
    if (!this.hold) for (const event of this.held.splice(0)) this.add(event);
  }
  end() { this.source.close(); clearInterval(this.timer); document.removeEventListener('keydown', this.keys); }
}

export async function show(main, {overview}) {
  if (!overview.events) {
    main.replaceChildren(make('div', {class: 'head'}, make('h1', null, 'Live')), make('div', {class: 'panel empty'}, make('b', null, 'No events are followed'),
      'Start with --events FILE, the file that deepstack watch --output writes.'));
    return null;
  }
  const live = new Live(main);
  return () => live.end();
}
