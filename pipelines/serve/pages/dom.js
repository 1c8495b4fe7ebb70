// Elements, pictures, messages. Nothing of the data is ever read as markup: children are nodes or text.
export const byId = id => document.getElementById(id);

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'color') element.style.setProperty('--color', value);
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

export function drawing(path, box = '0 0 24 24') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', box);
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export const icons = {
  back: 'M15 5l-7 7 7 7', forward: 'M9 5l7 7-7 7', plus: 'M12 5v14M5 12h14', minus: 'M5 12h14',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5', play: 'M8 5.5v13l10.5-6.5z', pause: 'M8 5v14M16 5v14',
  box: 'M5 8V5h3M16 5h3v3M19 16v3h-3M8 19H5v-3', find: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.3 15.3 20 20',
  pen: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3', merge: 'M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8',
  split: 'M12 4v5c0 4-6 3-6 8v3M12 9c0 4 6 3 6 8v3', erase: 'M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5'};
export const icon = name => drawing(icons[name]);

// Palette of report/colors.cpp: neighbours in it are told apart with and without red-green sight.
const palette = ['#0078c0', '#f07830', '#30e4f0', '#a83054', '#e4cc00', '#909cfc', '#54a89c', '#a86000',
  '#fcb49c', '#d85460', '#785484', '#6c78f0', '#4848b4', '#fc78c0', '#903c00', '#009078', '#6cc0f0',
  '#ccb460', '#90a86c', '#b448a8', '#fccc78', '#90d8c0', '#cc6c0c', '#cc78d8'];
export const colorOf = index => index < 0 ? '#8b9098' : palette[index % palette.length];
export const chip = color => make('span', {class: 'chip', color, 'aria-hidden': 'true'});

// Pictures are cut out of videos as they are asked for: those that can be seen, two at a time, so that
// the data of a page never waits behind them.
const waiting = [];
let loading = 0;
function loadNext() {
  while (loading < 2 && waiting.length) {
    const image = waiting.pop();
    if (!image.isConnected) { image.dataset.state = ''; continue; }
    ++loading;
    const done = () => { --loading; loadNext(); };
    image.addEventListener('load', done, {once: true});
    image.addEventListener('error', () => { image.replaceWith(silhouette(image.className)); done(); }, {once: true});
    image.src = image.dataset.src;
  }
}
const seen = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (!entry.isIntersecting || entry.target.dataset.state) continue;
    entry.target.dataset.state = 'asked';
    seen.unobserve(entry.target);
    waiting.push(entry.target);
  }
  loadNext();
}, {rootMargin: '120px'});

export function silhouette(className) {
  return make('span', {class: className.replace('picture', '') + ' silhouette', role: 'img', 'aria-label': 'no picture'},
    drawing('M30 28a9 9 0 1 1 .01 0zM17 76V46q0-12 13-12t13 12v30z', '10 5 40 75'));
}
export function picture(observation, alt, className = 'picture') {
  if (!observation) return silhouette(className);
  const image = make('img', {class: className, alt, decoding: 'async', 'data-src': '/media/pictures/' + observation + '.jpg'});
  seen.observe(image);
  return image;
}

export function toast(text) {
  const message = make('div', {class: 'toast'}, text);
  byId('toasts').append(message);
  setTimeout(() => message.remove(), 6000);
}

export function showTip(lines, x, y) {
  const tip = byId('tip');
  tip.hidden = !lines;
  if (!lines) return;
  const [title, ...others] = lines;
  tip.replaceChildren(make('b', null, title), ...others.map(line => make('div', null, line)));
  const size = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(x - size.width / 2, document.documentElement.clientWidth - size.width - 8));
  tip.style.left = left + 'px';
  tip.style.top = (y > size.height + 20 ? y - size.height - 14 : y + 18) + 'px';
}

// A canvas of the size it is shown in, ready to draw in CSS pixels; [context, width, height].
export function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}
export const cssColor = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
