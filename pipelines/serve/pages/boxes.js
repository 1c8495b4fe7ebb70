// Where the tracks of a video are at a moment of it, and their boxes drawn over the picture.
import {prepare, colorOf} from './dom.js';
import {get} from './api.js';
import {nameOf} from './format.js';

const part = 60, kept = 8;     // seconds asked for together; parts that stay
const longestGap = 3;          // between two views that a box is led across, in s
const hold = 0.4;              // how long a box stays before its first and after its last view

// Colours tell people apart, so they go by identity; tracks without one are grey.
export const colorOfTrack = track => track.identity ? colorOf(track.identity - 1) : colorOf(-1);
export const nameOfTrack = track => track.identity ? nameOf({name: track.name, label: track.label, number: track.identity}) : 'no identity';

export class Boxes {
  constructor(video) { this.video = video; this.parts = new Map(); }

  // The parts around a time, from the server when they are not here; true when new ones came.
  async want(time) {
    const first = Math.max(0, Math.floor(time / part));
    const missing = [first, first + 1].filter(index => !this.parts.has(index));
    for (const index of missing) this.parts.set(index, []);
    await Promise.all(missing.map(async index => {
      try {
        this.parts.set(index, await get('/api/videos/' + this.video + '/tracks', {from: index * part - longestGap, to: (index + 1) * part + longestGap}));
      } catch { this.parts.delete(index); }
    }));
    while (this.parts.size > kept) this.parts.delete([...this.parts.keys()].reduce((a, b) => Math.abs(a - first) > Math.abs(b - first) ? a : b));
    return missing.length > 0;
  }

  // [{track, box: [x, y, width, height]}] in pixels of the video.
  at(time) {
    const tracks = this.parts.get(Math.max(0, Math.floor(time / part))) || [];
    return tracks.map(track => ({track, box: boxAt(track.boxes, time)})).filter(found => found.box);
  }
}

function boxAt(boxes, time) {
  let low = 0, high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle][0] <= time) low = middle + 1; else high = middle;
  }
  const before = boxes[low - 1], after = boxes[low];
  if (before && after && after[0] - before[0] <= longestGap) {
    const share = (time - before[0]) / Math.max(1e-6, after[0] - before[0]);
    return [1, 2, 3, 4].map(i => before[i] + share * (after[i] - before[i]));
  }
  if (before && time - before[0] <= hold) return before.slice(1);
  if (after && after[0] - time <= hold) return after.slice(1);
  return null;
}

// The part of the element that the picture fills, as object-fit: contain does it.
export function pictureArea(width, height, videoWidth, videoHeight) {
  const scale = Math.min(width / videoWidth, height / videoHeight);
  return {scale, left: (width - videoWidth * scale) / 2, top: (height - videoHeight * scale) / 2};
}

function readable(color) {
  const [r, g, b] = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#101012' : '#ffffff';
}

export function drawBoxes(canvas, found, size, chosen) {
  const [context, width, height] = prepare(canvas);
  const area = pictureArea(width, height, size.width, size.height);
  context.font = '600 12px ' + getComputedStyle(document.body).fontFamily;
  context.textBaseline = 'middle';
  for (const {track, box} of found) {
    const color = colorOfTrack(track), strong = chosen === track.id;
    const [x, y, w, h] = [area.left + box[0] * area.scale, area.top + box[1] * area.scale, box[2] * area.scale, box[3] * area.scale];
    context.lineJoin = 'round';
    context.strokeStyle = '#00000080';
    context.lineWidth = strong ? 5 : 3.5;
    context.strokeRect(x, y, w, h);
    context.strokeStyle = color;
    context.lineWidth = strong ? 3 : 2;
    context.strokeRect(x, y, w, h);
    const text = nameOfTrack(track), wide = context.measureText(text).width + 10;
    const top = y >= 19 ? y - 19 : y + 1, left = Math.max(0, Math.min(x - 1, width - wide));
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(left, top, wide, 18, 4);
    context.fill();
    context.fillStyle = readable(color);
    context.fillText(text, left + 5, top + 9.5);
  }
}
