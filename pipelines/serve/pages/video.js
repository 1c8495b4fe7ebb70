// A video with the boxes of who is in it, and all its tracks on a line below.
import {byId, chip, colorOf, icon, make, prepare, cssColor, showTip} from './dom.js';
import {address, get} from './api.js';
import {Boxes, colorOfTrack, drawBoxes, nameOfTrack, pictureArea} from './boxes.js';
import {Stills} from './stills.js';
import {clock, counted, duration, momentOf, none} from './format.js';

export const shortcuts = [[['Space'], 'Play, pause'], [['\u2190', '\u2192'], '5 seconds back, on'], [[',', '.'], 'A frame back, on'],
  [['n', 'p'], 'Next, previous track'], [['b'], 'Boxes on, off'], [['f'], 'Draw a box, find who is like it']];
const codecs = {hevc: 'H.265', hev1: 'H.265', hvc1: 'H.265', XVID: 'MPEG-4', DIVX: 'MPEG-4', DX50: 'MPEG-4', FMP4: 'MPEG-4', mp4v: 'MPEG-4', MJPG: 'Motion JPEG', mpg2: 'MPEG-2'};

class Player {
  constructor(main, video, {query, go}) {
    Object.assign(this, {main, video, go, showBoxes: true, chosen: Number(query.get('track')) || 0, start: Number(query.get('t')) || 0});
    this.boxes = new Boxes(video.id);
    this.size = {width: video.width || 16, height: video.height || 9};
    this.ending = new AbortController();
    this.build();
  }
  on(target, name, action) { target.addEventListener(name, action, {signal: this.ending.signal}); }

  build() {
    const {video} = this;
    this.media = make('video', {playsinline: true, preload: 'auto', muted: true, 'aria-label': 'Video of ' + (video.camera || video.file)});
    this.media.muted = true;
    this.overlay = make('canvas', {class: 'overlay', 'aria-hidden': 'true'});
    this.stage = make('div', {class: 'stage'}, this.media, this.overlay);
    this.stage.style.setProperty('--shape', this.size.width + ' / ' + this.size.height);
    this.playButton = make('button', {type: 'button', class: 'icon', 'aria-label': 'Play', onclick: () => this.toggle()}, icon('play'));
    this.boxButton = make('button', {type: 'button', class: 'toggle', 'aria-pressed': 'true', onclick: () => this.toggleBoxes()}, 'Boxes');
    this.findButton = make('button', {type: 'button', class: 'toggle', 'aria-pressed': 'false', onclick: () => this.toggleDrawing()}, 'Find similar');
    this.clock = make('span', {class: 'clock'});
    this.lanes = make('canvas', {class: 'lanes-of-video', role: 'slider', tabindex: '0', 'aria-label': 'Time in the video', 'aria-valuemin': '0',
      'aria-valuemax': String(Math.round(video.duration)), 'aria-valuenow': '0'});
    this.now = make('ul', {class: 'now', 'aria-label': 'In the picture'});
    this.list = make('ol', {class: 'tracks', 'aria-label': 'Tracks of this video'});
    this.notice = make('p', {class: 'notice', role: 'alert', hidden: true});
    this.tools = make('div', {class: 'controls'}, this.playButton, this.clock, this.findButton, this.boxButton);
    this.main.replaceChildren(make('div', {class: 'head'}, make('h1', null, video.camera || 'Video'),
      make('p', null, [video.file, video.start ? momentOf(video.start) : null, duration(video.duration), video.width ? video.width + '\u00a0\u00d7\u00a0' + video.height : null].filter(Boolean).join(' \u00b7 '))),
      this.notice, make('div', {class: 'watch'}, make('div', null, this.stage, this.tools, make('div', {class: 'panel lane-panel'}, this.lanes)),
        make('aside', {class: 'panel side', 'aria-label': 'Tracks'}, make('h2', null, 'In the picture'), this.now, make('h2', null, counted(video.tracks, 'track', 'tracks')), this.list)));
    this.on(this.media, 'error', () => this.useStills());
    this.on(this.overlay, 'pointerdown', event => this.beginBox(event));
    this.on(this.lanes, 'pointerdown', event => { this.lanes.setPointerCapture(event.pointerId); this.seekAt(event); });
    this.on(this.lanes, 'pointermove', event => { if (event.buttons) this.seekAt(event); });
    this.on(document, 'keydown', event => this.onKey(event));
    this.on(document, 'theme', () => this.drawLanes());
    this.sizes = new ResizeObserver(() => { this.draw(); this.drawLanes(); });
    this.sizes.observe(this.stage);
    this.sizes.observe(this.lanes);
    if (video.problem) return this.say(video.problem);
    this.watch();
    this.media.src = '/media/videos/' + video.id;
    // A container without a picture that it can decode: Chromium plays the sound, and says nothing.
    this.on(this.media, 'loadedmetadata', () => { if (!this.media.videoWidth) this.useStills(); else this.media.currentTime = this.start; });
  }
  say(text) { this.notice.hidden = false; this.notice.textContent = text; }

  useStills() {
    if (this.stills || this.video.problem) return;
    const {codec, type, file} = this.video, ending = (file.match(/\.(\w+)$/) || [])[1];
    this.say('This browser cannot play ' + (codecs[codec] || codec || 'this codec') + (ending ? ' in .' + ending : ' (' + type + ')') +
      '. It is shown as single frames instead, a few a second.');
    const image = make('img', {class: 'still', alt: 'Frame of ' + (this.video.camera || file)});
    this.media.removeAttribute('src');
    this.media.replaceWith(image);
    this.media = this.stills = new Stills(image, this.video.id, this.video.duration);
    this.on(this.stills, 'failed', () => this.say('The frames of ' + file + ' cannot be read: is the file still there?'));
    this.watch();
    this.stills.currentTime = this.start;
  }

  watch() {
    const update = event => { if (event.type === 'seeked') this.frameTime = undefined; this.update(); };
    for (const name of ['play', 'pause', 'seeked', 'frame', 'timeupdate']) this.on(this.media, name, update);
    if (!this.media.requestVideoFrameCallback) return;
    // Of the frame that is on the screen, which currentTime may be ahead of.
    const each = (_, frame) => {
      if (this.ending.signal.aborted || this.stills) return;
      // The frame before a seek may be told of after it.
      if (!this.media.seeking && Math.abs(frame.mediaTime - this.media.currentTime) < 0.5) this.frameTime = frame.mediaTime;
      this.update();
      this.media.requestVideoFrameCallback(each);
    };
    this.media.requestVideoFrameCallback(each);
  }
  get time() { return !this.stills && this.frameTime !== undefined && !this.media.seeking ? this.frameTime : this.media.currentTime || 0; }

  async update() {
    const time = this.time;
    this.draw();
    this.playButton.replaceChildren(icon(this.media.paused ? 'play' : 'pause'));
    this.playButton.setAttribute('aria-label', this.media.paused ? 'Play' : 'Pause');
    this.clock.textContent = clock(time, true) + ' / ' + clock(this.video.duration || this.media.duration || 0);
    this.lanes.setAttribute('aria-valuenow', String(Math.round(time)));
    this.lanes.setAttribute('aria-valuetext', clock(time));
    this.drawLanes();
    if (await this.boxes.want(time)) this.draw();
  }
  draw() {
    const found = this.boxes.at(this.time);
    drawBoxes(this.overlay, this.showBoxes ? found : [], this.size, this.chosen);
    this.found = found;
    const key = found.map(({track}) => track.id).join();
    if (key === this.nowKey) return;
    this.nowKey = key;
    this.now.replaceChildren(...(found.length ? found.map(({track}) => make('li', null, this.linkOf(track))) : [make('li', {class: 'quiet'}, 'Nobody')]));
  }
  linkOf(track) {
    const inside = [chip(colorOfTrack(track)), make('span', null, nameOfTrack(track))];
    return track.identity ? make('a', {class: 'who-link', href: '/identity/' + track.identity}, ...inside) : make('span', {class: 'who-link quiet'}, ...inside);
  }

  async loadTracks() {
    this.tracks = await get('/api/videos/' + this.video.id + '/tracks', {boxes: 0});
    this.list.replaceChildren(...this.tracks.slice(0, 400).map(track => make('li', null, make('button', {type: 'button', class: 'track',
      'aria-current': track.id === this.chosen ? 'true' : null, 'data-track': track.id, onclick: () => this.choose(track)},
    chip(colorOfTrack(track)), make('span', {class: 'grow'}, nameOfTrack(track)), make('span', {class: 'quiet'}, clock(track.first_pts))))));
    this.drawLanes();
  }
  choose(track) {
    this.chosen = track.id;
    for (const button of this.list.querySelectorAll('.track')) {
      if (Number(button.dataset.track) === track.id) button.setAttribute('aria-current', 'true'); else button.removeAttribute('aria-current');
    }
    this.seek(track.first_pts);
  }
  drawLanes() {
    const [context, width, height] = prepare(this.lanes);
    const length = this.video.duration || 1, ends = [];
    const place = s => s / length * width;
    // Tracks that do not overlap share a line.
    const lines = (this.tracks || []).map(track => {
      let line = ends.findIndex(end => end < track.first_pts);
      if (line < 0) line = ends.length;
      ends[line] = track.last_pts;
      return line;
    });
    const wanted = Math.max(24, Math.min(76, 8 + 11 * ends.length));
    if (Math.abs(height - wanted) > 1) { this.lanes.style.height = wanted + 'px'; return; }  // drawn when it has its size
    const step = Math.min(11, (height - 8) / Math.max(1, ends.length));
    (this.tracks || []).forEach((track, i) => {
      context.fillStyle = colorOfTrack(track);
      context.globalAlpha = !this.chosen || this.chosen === track.id ? 1 : 0.55;
      context.beginPath();
      context.roundRect(place(track.first_pts), 4 + lines[i] * step, Math.max(3, place(track.last_pts - track.first_pts)), Math.max(1, step - 3), 3);
      context.fill();
    });
    context.globalAlpha = 1;
    context.fillStyle = cssColor('--text');
    context.fillRect(Math.min(width - 2, place(this.time)), 0, 2, height);
  }

  seek(time) { this.frameTime = undefined; this.media.currentTime = Math.max(0, Math.min(time, this.video.duration || time)); this.update(); }
  seekAt(event) { const box = this.lanes.getBoundingClientRect(); this.seek((event.clientX - box.left) / box.width * this.video.duration); }
  toggle() { if (this.media.paused) this.media.play().catch(() => {}); else this.media.pause(); }
  toggleBoxes() { this.showBoxes = !this.showBoxes; this.boxButton.setAttribute('aria-pressed', String(this.showBoxes)); this.draw(); }
  // A box is drawn on the frame that stands; what is in it is searched for.
  toggleDrawing() {
    const on = !this.overlay.classList.contains('drawing');
    if (on) this.media.pause();
    this.overlay.classList.toggle('drawing', on);
    this.findButton.setAttribute('aria-pressed', String(on));
    this.findButton.textContent = on ? 'Draw a box' : 'Find similar';
  }
  beginBox(event) {
    const bounds = this.overlay.getBoundingClientRect(), rubber = make('div', {class: 'rubber'}), ending = new AbortController();
    const at = one => [Math.max(0, Math.min(one.clientX - bounds.left, bounds.width)), Math.max(0, Math.min(one.clientY - bounds.top, bounds.height))];
    const first = at(event);
    let box = [first[0], first[1], 0, 0];
    this.overlay.setPointerCapture(event.pointerId);
    this.stage.append(rubber);
    const options = {signal: ending.signal};
    this.overlay.addEventListener('pointermove', one => {
      const [x, y] = at(one);
      box = [Math.min(x, first[0]), Math.min(y, first[1]), Math.abs(x - first[0]), Math.abs(y - first[1])];
      ['left', 'top', 'width', 'height'].forEach((side, i) => { rubber.style[side] = box[i] + 'px'; });
    }, options);
    const end = () => { ending.abort(); rubber.remove(); };
    this.overlay.addEventListener('pointercancel', end, options);
    this.overlay.addEventListener('pointerup', () => {
      end();
      const area = pictureArea(bounds.width, bounds.height, this.size.width, this.size.height);
      const found = [(box[0] - area.left) / area.scale, (box[1] - area.top) / area.scale, box[2] / area.scale, box[3] / area.scale];
      if (found[2] >= 4 && found[3] >= 4) this.go(address('/find', {video: this.video.id, t: this.time.toFixed(3), box: found.map(side => side.toFixed(1)).join()}));
    }, options);
  }
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('shortcuts').open || event.target.closest('input, select')) return;
    if (event.key === ' ' && event.target.closest('button, a')) return;
    const frame = 1 / (this.video.fps || 25), beside = step => {
      const tracks = this.tracks || [], at = tracks.findIndex(track => track.id === this.chosen);
      const next = tracks[at < 0 ? (step > 0 ? 0 : tracks.length - 1) : at + step];
      if (next) this.choose(next);
    };
    const actions = {' ': () => this.toggle(), ArrowLeft: () => this.seek(this.time - 5), ArrowRight: () => this.seek(this.time + 5),
      ',': () => { this.media.pause(); this.seek(this.time - frame); }, '.': () => { this.media.pause(); this.seek(this.time + frame); },
      b: () => this.toggleBoxes(), f: () => this.toggleDrawing(), n: () => beside(1), p: () => beside(-1)};
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
  end() {
    this.ending.abort();
    this.sizes.disconnect();
    this.media.pause();
    // Lets go of the connection that the video comes over.
    if (!this.stills) { this.media.removeAttribute('src'); this.media.load(); }
    showTip(null);
  }
}

export async function show(main, context) {
  const player = new Player(main, await get('/api/videos/' + context.id), context);
  player.loadTracks().catch(error => player.say(error.message));
  player.update();
  return () => player.end();
}
