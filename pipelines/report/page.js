'use strict';
const report = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const dash = '\u2013', none = '\u2014';

// Children are nodes or text: nothing of the data is ever read as markup.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'color') element.style.setProperty('--color', value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const two = value => String(value).padStart(2, '0');
function clock(ms, tenths) {
  const unit = tenths ? 100 : 1000;
  const rounded = Math.round(ms / unit) * unit;
  const s = Math.floor(rounded / 1000), h = Math.floor(s / 3600);
  return (h ? h + ':' + two(Math.floor(s / 60) % 60) : String(Math.floor(s / 60))) + ':' + two(s % 60) +
    (tenths ? '.' + Math.floor(rounded / 100) % 10 : '');
}
function duration(s) {
  return s < 100 ? s.toFixed(1) + '\u00a0s' : s < 3600 ? clock(s * 1000) + '\u00a0min' : clock(s * 1000) + '\u00a0h';
}
const count = n => n.toLocaleString('en').replace(/,/g, '\u202f');
const counted = (n, one, many) => count(n) + ' ' + (n === 1 ? one : many);
const score = value => value === null ? none : value.toFixed(2);
const chip = color => make('span', {class: 'chip', color, 'aria-hidden': 'true'});
const unknownColor = '#8b9098';

// Long lists come in portions. Returns what shows entry i, for links to it.
function portions(parent, entries, size, render) {
  let shown = 0;
  const button = make('button', {class: 'more', type: 'button'});
  const more = () => {
    const first = parent.children[shown];
    parent.append(...entries.slice(shown, shown + size).map(render));
    shown = Math.min(entries.length, shown + size);
    button.hidden = shown === entries.length;
    button.textContent = 'Show ' + count(Math.min(size, entries.length - shown)) + ' more of ' + count(entries.length);
    return first;
  };
  button.addEventListener('click', more);
  more();
  if (!button.hidden) (parent.closest('table, .timeline') ? parent.closest('.panel') : parent).after(button);
  return i => { while (shown <= i) more(); };
}

function showHeading() {
  const name = report.source || report.video;
  document.title = name + ' \u00b7 identity report';
  byId('title').textContent = name;
  const facts = [report.width + ' \u00d7 ' + report.height, duration(report.video_length / 1000),
                 report.fps + ' frames/s'];
  if (report.source && report.source !== report.video) facts.unshift(report.video);
  facts.push(report.analysed === null ? counted(report.frames, 'frame', 'frames')
    : count(report.analysed) + ' of ' + counted(report.frames, 'frame', 'frames') + ' analysed');
  if (report.seconds !== null) {
    const speed = report.video_length / 1000 / report.seconds;
    facts.push('processed in ' + duration(report.seconds) + ' (' + speed.toFixed(speed < 10 ? 1 : 0) + '\u00d7 playback speed)');
  }
  if (report.length > report.video_length + 1000) {
    facts.push('the events go on until ' + clock(report.length) + ', after the end of the video');
  }
  byId('facts').append(...facts.map(fact => make('li', null, fact)));
  const confirmed = report.identities.filter(identity => identity.state === 'confirmed').length;
  const figure = (name, value, note) =>
    make('div', null, make('dt', null, name), make('dd', null, count(value), make('small', null, note)));
  byId('figures').append(
    figure('Identities', report.identities.length, count(confirmed) + ' confirmed'),
    figure('Tracks', report.tracks, count(report.unknown.length) + ' without identity'),
    figure('Returns', report.returns, 'recognised after a gap'),
    figure('Corrections', report.renames + report.merges,
      counted(report.renames, 'rename', 'renames') + ', ' + counted(report.merges, 'merge', 'merges')));
}

function barText(name, bar) {
  const lines = [clock(bar.begin, true) + ' ' + dash + ' ' + clock(bar.end, true) +
                 ', ' + counted(bar.sightings, 'sighting', 'sightings')];
  if (bar.gap > 0) lines.push('Back after ' + duration(bar.gap));
  if (name) lines.push(bar.score === null ? 'First seen here' : 'Match score ' + score(bar.score));
  return [(name || 'No identity') + ' \u00b7 track ' + bar.track].concat(lines);
}

function place(ms) { return 100 * ms / Math.max(1, report.length) + '%'; }
function placeBar(ms) { return 'min(' + place(ms) + ', 100% - 4px)'; }  // the least width of a bar

function makeRow(identity) {
  const color = identity.color || unknownColor;
  const lane = make('div', {class: 'lane'});
  const bars = identity.stretches;
  if (identity.name && bars.length > 1) {
    const span = make('span', {class: 'span'});
    span.style.left = place(identity.begin);
    span.style.width = place(identity.end - identity.begin);
    lane.append(span);
  }
  bars.forEach((bar, i) => {
    const text = barText(identity.name, bar);
    const button = make('button', {class: 'bar', type: 'button', 'aria-label': text.join('. '),
                                   tabindex: i ? '-1' : '0'});
    button.style.left = placeBar(bar.begin);
    button.style.width = place(bar.end - bar.begin);
    button.tipText = text;
    lane.append(button);
  });
  const name = identity.name
    ? make('a', {class: 'name', href: '#' + identity.name}, chip(color), identity.name)
    : make('span', {class: 'name'}, chip(color), 'none');
  return make('div', {class: 'row', color}, name, lane);
}

function showTicks() {
  const width = byId('ticks').clientWidth || 600, length = Math.max(1, report.length);
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200];
  const fitting = steps.find(s => s * 1000 / length * width >= 64);
  const step = 1000 * (fitting || 86400 * Math.ceil(length / 86400000 / 8));
  const ticks = [], lines = [];
  for (let ms = 0; ms <= length; ms += step) {
    const line = make('i');
    line.style.left = place(ms);
    lines.push(line);
    if (ms && (length - ms) / length * width < 14) continue;
    const tick = make('span', null, clock(ms));
    tick.style.left = place(ms);
    ticks.push(tick);
  }
  byId('ticks').replaceChildren(...ticks);
  byId('grid').replaceChildren(...lines);
}

function showTip(bar) {
  const tip = byId('tip');
  tip.hidden = !bar || !bar.tipText;
  if (tip.hidden) return;
  const [title, ...lines] = bar.tipText;
  tip.replaceChildren(make('b', null, title), ...lines.map(line => make('div', null, line)));
  const at = bar.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const left = at.left + at.width / 2 - size.width / 2;
  tip.style.left = Math.max(8, Math.min(left, document.documentElement.clientWidth - size.width - 8)) + 'px';
  tip.style.top = (at.top > size.height + 12 ? at.top - size.height - 8 : at.bottom + 8) + 'px';
}

// One tab stop a row; the arrows move within it and between rows.
function moveFocus(event) {
  const bar = event.target.closest('.bar');
  if (!bar) return;
  const bars = [...bar.parentNode.querySelectorAll('.bar')], row = bar.closest('.row');
  const beside = (r, i) => r && r.querySelectorAll('.bar')[i];
  const next = {
    ArrowLeft: bars[bars.indexOf(bar) - 1], ArrowRight: bars[bars.indexOf(bar) + 1],
    ArrowUp: beside(row.previousElementSibling, 0), ArrowDown: beside(row.nextElementSibling, 0),
    Home: bars[0], End: bars[bars.length - 1]
  }[event.key];
  if (event.key === 'Escape') showTip(null);
  if (!next) return;
  event.preventDefault();
  for (const other of next.parentNode.querySelectorAll('.bar')) other.tabIndex = other === next ? 0 : -1;
  next.focus();
}

function showTimeline() {
  const rows = report.identities.slice();
  if (report.unknown.length) rows.push({stretches: report.unknown});
  portions(byId('rows'), rows, 60, makeRow);
  byId('timeline-note').textContent = rows.length
    ? 'A bar is a track; a thin line joins the visits of one identity.' : 'Nothing was seen.';
  const timeline = byId('timeline');
  new ResizeObserver(showTicks).observe(timeline);
  timeline.addEventListener('pointerover', event => showTip(event.target.closest('.bar')));
  timeline.addEventListener('pointerleave', () => showTip(null));
  timeline.addEventListener('focusin', event => showTip(event.target.closest('.bar')));
  timeline.addEventListener('focusout', () => showTip(null));
  timeline.addEventListener('keydown', moveFocus);
  addEventListener('scroll', () => showTip(null), {passive: true});
}

function picture(view, alt, attributes) {
  return make('img', {src: 'data:image/jpeg;base64,' + view.jpeg, alt, width: view.width,
                      height: view.height, decoding: 'async', ...attributes});
}

function makeCard(identity) {
  const [best, ...others] = identity.thumbnails;
  const rows = [
    ['First seen', clock(identity.begin, true)], ['Last seen', clock(identity.end, true)],
    ['Visits', count(identity.visits)], ['Sightings', count(identity.sightings)],
    ['Longest gap', identity.gap > 0 ? duration(identity.gap) : none],
    ['Mean score', score(identity.score)]];
  const card = make('article', {class: 'panel card', id: identity.name, color: identity.color},
    make('div', {class: 'who'},
      best ? picture(best, identity.name + ' at ' + clock(best.time, true),
                     {class: 'picture' + (best.width > best.height * 0.8 ? ' wide' : '')})
        : byId('silhouette').content.cloneNode(true),
      make('div', null,
        make('h3', null, chip(identity.color), identity.name),
        make('p', {class: 'label', title: identity.label}, (identity.label || 'no label') + ', ' + identity.state),
        make('dl', null, ...rows.flatMap(([name, value]) => [make('dt', null, name), make('dd', null, value)])))));
  if (others.length) {
    card.append(make('ul', {class: 'more-views', 'aria-label': 'Other visits'}, ...others.map(view =>
      make('li', null, picture(view, '', {}), clock(view.time)))));
  }
  card.append(make('p', {class: 'id'}, identity.id));
  return card;
}

function showIdentities() {
  if (!report.identities.length) byId('identities-note').textContent = 'Nobody was seen well enough.';
  if (report.most_thumbnails) {
    byId('identities-note').textContent = 'Pictures are limited to ' + count(report.most_thumbnails) +
      ' in all, the best of each identity first.';
  }
  const show = portions(byId('cards'), report.identities, 60, makeCard);
  const follow = () => {
    const name = location.hash.slice(1);
    const index = report.identities.findIndex(identity => identity.name === name);
    if (index >= 0) { show(index); byId(name).scrollIntoView(); }
  };
  addEventListener('hashchange', follow);
  follow();
}

function showTracks() {
  const tracks = report.unknown.map(bar => [bar, null]).concat(
    report.identities.flatMap(identity => identity.stretches.map(bar => [bar, identity])));
  tracks.sort(([a], [b]) => a.begin - b.begin || a.track - b.track);
  portions(byId('tracks'), tracks, 50, ([bar, identity]) => make('tr', null,
    make('td', null, String(bar.track)),
    make('td', null, identity
      ? make('a', {class: 'name', href: '#' + identity.name}, chip(identity.color), identity.name)
      : make('span', {class: 'name'}, chip(unknownColor), 'none')),
    make('td', {class: 'text label-column'}, bar.label || none),
    make('td', {class: 'number'}, clock(bar.begin, true)),
    make('td', {class: 'number'}, clock(bar.end, true)),
    make('td', {class: 'number'}, count(bar.sightings)),
    make('td', {class: 'number'}, score(bar.score))));
}

function showFooter() {
  byId('stats').append(...Object.entries(report.stats).map(([name, value]) =>
    make('div', null, make('dt', null, name.replace(/_/g, ' ')), make('dd', null, count(value)))));
  byId('legend').textContent = 'Identities are numbered by first appearance; renames and merges are applied to all earlier ' +
    'sightings. A visit ends when the identity is out of view for more than ' + report.visit_gap + '\u00a0s' +
    '. Scores are match probabilities; ' + none + ' where nothing was matched.';
}

showHeading();
showTimeline();
showIdentities();
showTracks();
showFooter();
