// Who was seen where and when: a row an identity, a bar a stay before a camera. Only the rows in view
// are asked for and drawn, so ten thousand identities cost what twenty do.
import {byId, chip, colorOf, icon, make, picture, showTip} from './dom.js';
import {address, get} from './api.js';
import {count, counted, duration, momentOf, nameOf, rangeOf, timeOf} from './format.js';
import {drawAxis, drawOverview, drawRows, placeOf} from './timeline_drawing.js';

export const wide = true;
export const shortcuts = [[['\u2191', '\u2193'], 'Row before, row after'], [['Enter'], 'Open the identity'],
  [['\u2190', '\u2192'], 'Earlier, later'], [['+', '\u2212'], 'Zoom in, out'], [['0'], 'Everything'], [['/'], 'Search']];
const pageSize = 60, leastSpan = 2, keptPages = 24, shownAtFirst = 86400;

class Timeline {
  constructor(main, {overview, query, go}) {
    this.main = main;
    this.overview = overview;
    this.go = go;
    const margin = Math.max(1, (overview.last - overview.first) * 0.01);
    this.range = {from: overview.first - margin, to: overview.last + margin};
    // Of a long time the last day: of all of it a stay is a speck.
    this.from = Number(query.get('from')) || Math.max(this.range.from, this.range.to - shownAtFirst);
    this.to = Number(query.get('to')) || this.range.to;
    if (!(this.to > this.from)) Object.assign(this, this.range);
    this.hidden = new Set();  // cameras that are not shown
    const wanted = query.getAll('camera');
    if (wanted.length) this.hidden = new Set(overview.cameras.map(camera => camera.name).filter(name => !wanted.includes(name)));
    this.label = query.get('label') || '';
    this.text = query.get('text') || '';
    this.pages = new Map();
    this.total = 0;
    this.turn = 0;
    this.focus = null;
    this.rows = new Map();  // what stands on the page: index -> link
    this.ending = new AbortController();
    this.build();
  }

  build() {
    const {overview} = this;
    const tool = (name, label, action) => make('button', {type: 'button', class: 'icon', 'aria-label': label, title: label, onclick: action}, icon(name));
    this.search = make('input', {type: 'search', placeholder: 'Name, number or UUID', 'aria-label': 'Search identities', value: this.text,
      oninput: () => { this.text = this.search.value.trim(); this.change(); }});
    this.labels = make('select', {'aria-label': 'Kind', onchange: () => { this.label = this.labels.value; this.change(); }},
      make('option', {value: ''}, 'All kinds'),
      ...overview.labels.map(label => make('option', {value: label.name, selected: label.name === this.label}, label.name || 'no label')));
    this.cameras = make('div', {class: 'cameras', role: 'group', 'aria-label': 'Cameras'}, ...overview.cameras.map((camera, index) =>
      make('button', {type: 'button', class: 'toggle', 'aria-pressed': String(!this.hidden.has(camera.name)), title: camera.name,
        onclick: event => this.toggleCamera(camera.name, event.currentTarget)}, chip(colorOf(index)), make('span', null, camera.name || 'no name'))));
    this.note = make('p', {role: 'status'});
    this.when = make('span', {class: 'when'});
    this.strip = make('canvas', {class: 'strip', role: 'img', 'aria-label': 'Tracks over time; the frame is what the rows show'});
    this.axis = make('canvas', {class: 'axis', 'aria-hidden': 'true'});
    this.lanes = make('canvas', {class: 'lanes', 'aria-hidden': 'true'});
    this.list = make('div', {class: 'names', role: 'list', 'aria-label': 'Identities'});
    this.scroller = make('div', {class: 'rows', tabindex: '-1'}, this.lanes, this.list);
    this.main.replaceChildren(make('div', {class: 'timeline-screen'},
      make('div', {class: 'head'}, make('h1', null, 'Timeline'), this.note),
      make('div', {class: 'filters'}, this.search, overview.labels.length > 1 ? this.labels : null, this.cameras),
      make('div', {class: 'panel timeline'},
        make('div', {class: 'over'}, this.when, make('div', {class: 'moves'},
          tool('back', 'Earlier', () => this.pan(-0.5)), tool('forward', 'Later', () => this.pan(0.5)),
          tool('minus', 'Zoom out', () => this.zoom(2)), tool('plus', 'Zoom in', () => this.zoom(0.5)),
          tool('fit', 'Everything', () => this.setWindow(this.range.from, this.range.to)))),
        this.strip, this.axis, this.scroller)));
    const on = (target, name, action, options = {}) => target.addEventListener(name, action, {signal: this.ending.signal, ...options});
    on(this.scroller, 'scroll', () => this.schedule());
    on(this.scroller, 'wheel', event => this.onWheel(event), {passive: false});
    on(this.scroller, 'pointermove', event => this.onHover(event));
    on(this.scroller, 'pointerleave', () => this.setFocus(null));
    on(this.scroller, 'click', event => this.onClick(event));
    on(document, 'keydown', event => this.onKey(event));
    on(document, 'theme', () => this.schedule());
    this.dragStrip(on);
    this.dragRows(on);
    this.sizes = new ResizeObserver(() => this.schedule());
    this.sizes.observe(this.scroller);
    this.rowHeight = matchMedia('(max-width: 40rem)').matches ? 52 : 44;
  }

  filter() {
    const shown = this.overview.cameras.map(camera => camera.name).filter(name => !this.hidden.has(name));
    return {camera: this.hidden.size ? shown : [], label: this.label, text: this.text};
  }
  async loadActivity() {
    const {camera, ...others} = this.filter();
    this.activity = (await get('/api/activity', {...others, camera, from: this.range.from, to: this.range.to, bins: 240}, this.ending.signal)).cameras;
    this.schedule();
  }

  // What is shown has changed: the rows are asked for anew, and the old ones stay until they are there.
  change() {
    clearTimeout(this.later);
    this.later = setTimeout(() => { this.reload(); this.loadActivity().catch(() => {}); }, 120);
  }
  async reload() {
    const turn = ++this.turn;
    const first = Math.floor(this.scroller.scrollTop / this.rowHeight / pageSize);
    const page = await this.fetchPage(first, turn).catch(error => { if (error.name !== 'AbortError') this.note.textContent = error.message; });
    if (!page || turn !== this.turn) return;
    if (first && !page.rows.length) { this.scroller.scrollTop = 0; return this.reload(); }
    this.pages = new Map([[first, page.rows]]);
    this.total = page.total;
    this.empty();
    const everything = this.from <= this.range.from && this.to >= this.range.to;
    this.note.textContent = this.hidden.size === this.overview.cameras.length && this.hidden.size ? 'No camera is chosen'
      : counted(this.total, 'identity', 'identities') + (everything ? '' : ' in view') + (this.total === this.overview.identities ? '' : ' of ' + count(this.overview.identities));
    history.replaceState(null, '', address('/', {...this.filter(), ...(everything ? {} : {from: this.from.toFixed(3), to: this.to.toFixed(3)})}));
    this.schedule();
  }
  async fetchPage(page, turn) {
    if (this.hidden.size && this.hidden.size === this.overview.cameras.length) return {total: 0, rows: []};
    const found = await get('/api/timeline', {...this.filter(), from: this.from, to: this.to, offset: page * pageSize, limit: pageSize}, this.ending.signal);
    return turn === this.turn ? found : null;
  }
  empty() {
    this.nothing?.remove();
    this.nothing = null;
    if (this.total) return;
    this.nothing = make('div', {class: 'empty'}, make('b', null, this.overview.identities ? 'Nobody here' : 'Nobody was seen yet'),
      this.overview.identities ? 'No identity was seen in this time with these filters.' : 'Index videos into this store, or let a camera learn into it.');
    this.scroller.append(this.nothing);
  }
  rowAt(index) { return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize]; }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }
  draw() {
    const top = this.scroller.scrollTop, height = this.scroller.clientHeight;
    const first = Math.max(0, Math.floor(top / this.rowHeight) - 3), last = Math.min(this.total - 1, Math.ceil((top + height) / this.rowHeight) + 3);
    this.list.style.height = this.total * this.rowHeight + 'px';
    this.showNames(first, last);
    drawAxis(this.axis, this.from, this.to);
    drawRows(this.lanes, {from: this.from, to: this.to, top, rowHeight: this.rowHeight, total: this.total, rowAt: index => this.rowAt(index), focus: this.focus});
    drawOverview(this.strip, this.activity, this.overview.cameras, this.range, this);
    this.when.textContent = rangeOf(this.from, this.to);
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize) && last >= 0; ++page) this.want(page);
    if (this.pages.size && !this.marked) { this.marked = true; performance.mark('timeline-shown'); }
  }
  async want(page) {
    if (this.pages.has(page)) return;
    const turn = this.turn;
    this.pages.set(page, []);
    try {
      const found = await this.fetchPage(page, turn);
      if (!found) return;
      this.pages.set(page, found.rows);
      while (this.pages.size > keptPages) this.pages.delete([...this.pages.keys()].reduce((a, b) => Math.abs(a - page) > Math.abs(b - page) ? a : b));
      this.schedule();
    } catch { this.pages.delete(page); }
  }
  showNames(first, last) {
    for (const [index, link] of this.rows) {
      if (index >= first && index <= last && link.row === this.rowAt(index)) continue;
      const focused = link === document.activeElement;
      link.remove();
      this.rows.delete(index);
      if (focused && index >= first && index <= last) this.refocus = index;
    }
    for (let index = first; index <= last; ++index) {
      const row = this.rowAt(index);
      if (!row || this.rows.has(index)) continue;
      const link = this.nameOfRow(row, index);
      const after = [...this.rows].filter(([other]) => other > index).sort(([a], [b]) => a - b)[0];
      this.list.insertBefore(link, after ? after[1] : null);
      this.rows.set(index, link);
      if (this.refocus === index) { this.refocus = null; link.querySelector('a').focus({preventScroll: true}); }
    }
  }
  nameOfRow(row, index) {
    const cameras = [...new Set(row.stays.map(stay => this.overview.cameras[stay[0]]?.name || 'an unknown camera'))];
    const stays = row.stays.reduce((sum, stay) => sum + stay[3], 0);
    const link = make('a', {class: 'name', href: '/identity/' + row.number,
      'aria-label': nameOf(row) + ', ' + counted(stays, 'track', 'tracks') + ' on ' + cameras.join(', ') + ', last at ' + momentOf(row.last)},
      picture(row.picture, '', 'picture face'),
      make('span', {class: 'text'}, make('b', null, nameOf(row)), make('span', null, row.name ? row.label + ' ' + row.number : counted(stays, 'track', 'tracks'))));
    link.addEventListener('focus', () => this.setFocus({index}));
    const item = make('div', {class: 'item', role: 'listitem'}, link);
    item.style.top = index * this.rowHeight + 'px';
    item.style.height = this.rowHeight + 'px';
    item.row = row;
    return item;
  }

  setWindow(from, to) {
    const span = Math.max(leastSpan, Math.min(to - from, this.range.to - this.range.from));
    const middle = (from + to) / 2;
    from = Math.max(this.range.from, Math.min(middle - span / 2, this.range.to - span));
    if (from === this.from && from + span === this.to) return;
    this.from = from;
    this.to = from + span;
    this.schedule();
    this.change();
  }
  pan(share) { const span = this.to - this.from; this.setWindow(this.from + share * span, this.to + share * span); }
  // Keeps the time at this share of the width where it is.
  zoom(factor, at = 0.5) {
    const span = this.to - this.from, next = Math.max(leastSpan, Math.min(span * factor, this.range.to - this.range.from));
    const still = this.from + at * span;
    this.setWindow(still - at * next, still + (1 - at) * next);
  }
  shareAt(event) { const box = this.lanes.getBoundingClientRect(); return (event.clientX - box.left) / box.width; }
  onWheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), Math.max(0, Math.min(1, this.shareAt(event))));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.pan((event.deltaX || event.deltaY) / this.lanes.clientWidth);
    }
  }

  stayAt(event) {
    const box = this.lanes.getBoundingClientRect(), x = event.clientX - box.left;
    const index = Math.floor((event.clientY - box.top + this.scroller.scrollTop) / this.rowHeight), row = this.rowAt(index);
    if (!row) return null;
    let best = null;
    for (const stay of x < 0 ? [] : row.stays) {
      const place = placeOf(stay, this.from, this.to, box.width);
      const away = Math.max(place.left - x, x - place.left - place.width, 0);
      if (away <= 4 && (!best || away < best.away)) best = {stay, away};
    }
    return {index, row, stay: best?.stay};
  }
  onHover(event) {
    if (this.dragging) return;
    const found = this.stayAt(event);
    this.setFocus(found);
    this.scroller.style.cursor = found?.stay ? 'pointer' : '';
    if (!found?.stay) return showTip(null);
    const [camera, first, last, tracks] = found.stay;
    showTip([nameOf(found.row), this.overview.cameras[camera]?.name || 'unknown camera',
      momentOf(first) + (last - first >= 1 ? ' \u2013 ' + timeOf(last) + ' (' + duration(last - first) + ')' : ''),
      ...(tracks > 1 ? [counted(tracks, 'track', 'tracks') + '; zoom in to tell them apart'] : [])], event.clientX, event.clientY);
  }
  onClick(event) {
    if (this.moved || event.target.closest('a')) return;
    const found = this.stayAt(event);
    if (!found?.stay) return;
    const [, first, last, tracks, track, video, pts] = found.stay;
    if (tracks > 1 && last - first > 4 * leastSpan && (last - first) / (this.to - this.from) < 0.5) {
      return this.setWindow(first - (last - first) * 0.1, last + (last - first) * 0.1);
    }
    this.go(video ? address('/video/' + video, {t: pts, track}) : '/identity/' + found.row.number);
  }
  setFocus(focus) {
    if (!focus) showTip(null);
    if (focus?.index === this.focus?.index && focus?.stay === this.focus?.stay) return;
    this.focus = focus;
    this.schedule();
  }

  dragRows(on) {
    let last = null;
    on(this.lanes, 'pointerdown', event => { last = event.clientX; this.moved = false; });
    on(window, 'pointermove', event => {
      if (last === null || (!this.moved && Math.abs(event.clientX - last) < 5)) return;
      this.moved = this.dragging = true;
      showTip(null);
      this.pan((last - event.clientX) / this.lanes.clientWidth);
      last = event.clientX;
    });
    on(window, 'pointerup', () => { last = null; this.dragging = false; });
    on(window, 'pointercancel', () => { last = null; this.dragging = false; });
  }
  dragStrip(on) {
    let grip = null;
    const at = event => { const box = this.strip.getBoundingClientRect(); return this.range.from + (event.clientX - box.left) / box.width * (this.range.to - this.range.from); };
    on(this.strip, 'pointerdown', event => {
      const s = at(event), near = 10 / this.strip.clientWidth * (this.range.to - this.range.from);
      const edge = Math.abs(s - this.from) < near ? 'from' : Math.abs(s - this.to) < near ? 'to' : null;
      if (!edge && (s < this.from || s > this.to)) { const half = (this.to - this.from) / 2; this.setWindow(s - half, s + half); }
      grip = {edge, s, from: this.from, to: this.to};
      this.strip.setPointerCapture(event.pointerId);
    });
    on(this.strip, 'pointermove', event => {
      if (!grip) return;
      const s = at(event);
      if (grip.edge === 'from') this.setWindow(Math.min(s, this.to - leastSpan), this.to);
      else if (grip.edge === 'to') this.setWindow(this.from, Math.max(s, this.from + leastSpan));
      else this.setWindow(grip.from + s - grip.s, grip.to + s - grip.s);
    });
    on(this.strip, 'pointerup', () => { grip = null; });
    on(this.strip, 'pointercancel', () => { grip = null; });
  }

  toggleCamera(name, button) {
    if (this.hidden.has(name)) this.hidden.delete(name); else this.hidden.add(name);
    button.setAttribute('aria-pressed', String(!this.hidden.has(name)));
    this.change();
  }
  onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || byId('shortcuts').open) return;
    if (event.target === this.search && event.key === 'Escape') return this.search.blur();
    if (event.target.closest('input, select')) return;
    const actions = {ArrowLeft: () => this.pan(-0.25), ArrowRight: () => this.pan(0.25), '+': () => this.zoom(0.5), '=': () => this.zoom(0.5),
      '-': () => this.zoom(2), '0': () => this.setWindow(this.range.from, this.range.to), '/': () => this.search.focus(),
      ArrowUp: () => this.moveRow(-1), ArrowDown: () => this.moveRow(1)};
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
  moveRow(step) {
    const now = document.activeElement?.closest?.('.item');
    const from = now ? Math.round(parseFloat(now.style.top) / this.rowHeight) : Math.ceil(this.scroller.scrollTop / this.rowHeight) - (step > 0 ? 1 : 0);
    const index = Math.max(0, Math.min(this.total - 1, from + step)), top = index * this.rowHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    if (top + this.rowHeight > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = top + this.rowHeight - this.scroller.clientHeight;
    this.draw();
    const link = this.rows.get(index)?.querySelector('a');
    if (link) link.focus({preventScroll: true}); else this.refocus = index;
  }

  end() {
    this.ending.abort();
    this.sizes.disconnect();
    clearTimeout(this.later);
    cancelAnimationFrame(this.frame);
    showTip(null);
  }
}

export function show(main, context) {
  const timeline = new Timeline(main, context);
  // The strip can wait for the rows; the server would answer both at once, and both later.
  timeline.reload().then(() => timeline.loadActivity()).catch(() => {});
  return () => timeline.end();
}
