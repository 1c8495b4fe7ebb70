// Stills: a video that the browser cannot play, shown frame by frame as the server decodes it. It has
// what the player uses of a <video>.
const leastStep = 0.2;  // s between two frames while it plays: the server cuts each one

export class Stills extends EventTarget {
  constructor(image, id, duration) {
    super();
    Object.assign(this, {image, id, duration, paused: true, time: 0, loading: false});
    image.addEventListener('load', () => this.loaded());
    image.addEventListener('error', () => { this.loading = false; this.pause(); this.dispatchEvent(new Event('failed')); });
  }
  get currentTime() { return this.time; }
  set currentTime(time) {
    this.time = Math.max(0, Math.min(time, this.duration || time));
    this.ask();
  }
  ask() {
    if (this.loading) { this.again = true; return; }
    this.loading = true;
    this.asked = this.time;
    this.image.src = '/media/frames/' + this.id + '.jpg?t=' + this.time.toFixed(3);
  }
  loaded() {
    this.loading = false;
    this.dispatchEvent(new Event('frame'));
    if (this.again) { this.again = false; this.ask(); } else if (!this.paused) this.next();
  }
  next() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.paused) return;
      if (this.time + leastStep > this.duration) return this.pause();
      this.currentTime = this.time + leastStep;
    }, leastStep * 1000);
  }
  play() { this.paused = false; this.dispatchEvent(new Event('play')); this.ask(); return Promise.resolve(); }
  pause() { this.paused = true; clearTimeout(this.timer); this.dispatchEvent(new Event('pause')); }
}
