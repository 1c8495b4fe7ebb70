// What is drawn of the timeline: the axis, the bars of the rows that are in view, the overview strip.
import {prepare, cssColor, colorOf} from './dom.js';
import {dayOf, minuteOf, timeOf} from './format.js';

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800, 1209600, 2592000, 7776000, 31536000];

// Times at round places of the local clock, at least `room` pixels apart.
export function ticks(from, to, width, room = 84) {
  const wanted = (to - from) / Math.max(1, width / room);
  const step = steps.find(s => s >= wanted) || steps[steps.length - 1] * Math.ceil(wanted / steps[steps.length - 1]);
  const offset = -60 * new Date(from * 1000).getTimezoneOffset();
  const label = step >= 86400 ? dayOf : step >= 60 ? minuteOf : timeOf;
  const found = [];
  for (let s = Math.ceil((from + offset) / step) * step - offset; s <= to && found.length < 200; s += step) {
    const midnight = (s + offset) % 86400 === 0;
    found.push({s, text: midnight && step < 86400 ? dayOf(s) : label(s), strong: midnight && step < 86400});
  }
  return found;
}

export function drawAxis(canvas, from, to) {
  const [context, width, height] = prepare(canvas);
  context.font = '500 12px ' + getComputedStyle(document.body).fontFamily;
  context.textBaseline = 'middle';
  for (const tick of ticks(from, to, width)) {
    const x = (tick.s - from) / (to - from) * width;
    context.fillStyle = cssColor(tick.strong ? '--text' : '--quiet');
    const size = context.measureText(tick.text).width;
    if (x - size / 2 < 0 || x + size / 2 > width) continue;
    context.fillText(tick.text, x - size / 2, height / 2);
  }
}

const kBarHeight = 16, kLeastWidth = 4;

// Where a stay is drawn, in pixels of the row.
export function placeOf(stay, from, to, width) {
  const left = (stay[1] - from) / (to - from) * width, right = (stay[2] - from) / (to - from) * width;
  const shown = Math.max(kLeastWidth, right - left);
  return {left: Math.min(left, width - kLeastWidth), width: shown};
}

export function drawRows(canvas, view) {
  const [context, width, height] = prepare(canvas);
  const {from, to, top, rowHeight, total, rowAt, focus} = view;
  context.fillStyle = cssColor('--grid');
  for (const tick of ticks(from, to, width)) {
    context.fillRect(Math.round((tick.s - from) / (to - from) * width), 0, 1, height);
  }
  const line = cssColor('--line'), hover = cssColor('--hover');
  const first = Math.max(0, Math.floor(top / rowHeight)), last = Math.min(total - 1, Math.floor((top + height) / rowHeight));
  for (let index = first; index <= last; ++index) {
    const y = index * rowHeight - top, row = rowAt(index);
    if (focus && focus.index === index) {
      context.fillStyle = hover;
      context.fillRect(0, y, width, rowHeight);
    }
    context.fillStyle = line;
    context.fillRect(0, Math.round(y + rowHeight) - 1, width, 1);
    if (row) drawStays(context, row, view, y, width);
  }
}

function drawStays(context, row, {from, to, rowHeight, focus}, y, width) {
  const middle = y + rowHeight / 2;
  if (row.stays.length > 1) {
    const begin = placeOf(row.stays[0], from, to, width).left;
    const end = Math.max(...row.stays.map(stay => { const place = placeOf(stay, from, to, width); return place.left + place.width; }));
    context.fillStyle = cssColor('--quiet');
    context.globalAlpha = 0.35;
    context.fillRect(begin, Math.round(middle), end - begin, 1);
    context.globalAlpha = 1;
  }
  for (const stay of row.stays) {
    const place = placeOf(stay, from, to, width);
    if (place.left + place.width < 0 || place.left > width) continue;
    context.fillStyle = colorOf(stay[0]);
    context.beginPath();
    context.roundRect(place.left, middle - kBarHeight / 2, place.width, kBarHeight, Math.min(4, place.width / 2));
    context.fill();
    if (focus && focus.stay === stay) {
      context.strokeStyle = cssColor('--text');
      context.lineWidth = 2;
      context.stroke();
    }
  }
}

// Tracks over the whole of the store, a camera above the other, and the part that the rows show.
export function drawOverview(canvas, activity, cameras, range, shown) {
  const [context, width, height] = prepare(canvas);
  const counts = cameras.map(camera => activity && activity[camera.name]).map(list => list || []);
  const bins = Math.max(...counts.map(list => list.length), 1);
  const sums = Array.from({length: bins}, (_, i) => counts.reduce((sum, list) => sum + (list[i] || 0), 0));
  const most = Math.max(1, ...sums), bin = width / bins;
  const place = s => (s - range.from) / (range.to - range.from) * width;
  for (let i = 0; i < bins; ++i) {
    let y = height - 4;
    counts.forEach((list, camera) => {
      if (!list[i]) return;
      const size = Math.max(1, list[i] / most * (height - 12));
      context.fillStyle = colorOf(camera);
      context.fillRect(i * bin, y - size, Math.max(1, bin - 0.5), size);
      y -= size;
    });
  }
  const left = Math.max(0, place(shown.from)), right = Math.min(width, place(shown.to));
  context.fillStyle = cssColor('--surface');
  context.globalAlpha = 0.72;
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, width - right, height);
  context.globalAlpha = 1;
  context.strokeStyle = cssColor('--accent');
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(left + 0.75, 0.75, Math.max(3, right - left) - 1.5, height - 1.5, 6);
  context.stroke();
  context.fillStyle = cssColor('--accent');
  for (const x of [left, right]) {
    context.beginPath();
    context.roundRect(Math.max(0, Math.min(width - 4, x - 2)), height / 2 - 9, 4, 18, 2);
    context.fill();
  }
}
