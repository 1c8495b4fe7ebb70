// Where else is this? A box of a frame, somebody known, or a picture that is uploaded; the best answers first.
import {chip, colorOf, icon, make, picture} from './dom.js';
import {address, get, post, postPicture} from './api.js';
import {momentOf, nameOf, none} from './format.js';

const longestSide = 1600;  // of an uploaded picture: it is made smaller before it is sent

function answerCard(answer, cameras) {
  const score = Math.round(answer.score * 100), color = colorOf(cameras.findIndex(camera => camera.name === answer.camera));
  const meter = make('span', {class: 'meter', role: 'img', 'aria-label': 'Match ' + score + ' %'}, make('span', {class: 'filled'}));
  meter.firstChild.style.width = score + '%';
  const name = answer.identity ? nameOf({name: answer.name, label: answer.label, number: answer.identity}) : 'no identity';
  return make('article', {class: 'panel sighting answer'},
    make('a', {href: answer.video ? address('/video/' + answer.video, {t: answer.pts.toFixed(3), track: answer.track}) : '/identity/' + answer.identity,
      'aria-label': name + ' on ' + answer.camera + ', ' + momentOf(answer.seconds)}, picture(answer.picture, '', 'picture shot')),
    make('span', {class: 'about'}, make('span', {class: 'match'}, meter, make('b', null, score + '\u00a0%')),
      answer.identity ? make('a', {class: 'who-link', href: '/identity/' + answer.identity}, name) : make('span', {class: 'quiet'}, name),
      make('span', {class: 'where'}, chip(color), answer.camera || none), make('span', {class: 'quiet small'}, momentOf(answer.seconds))));
}

async function asJpeg(source, width, height) {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const canvas = make('canvas', {class: 'query-picture', role: 'img', 'aria-label': 'What is searched for'});
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
  return [canvas, await new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.92))];
}

// The box cut out of its frame, for the eye; the server cuts its own.
function boxPicture(video, time, box) {
  const canvas = make('canvas', {class: 'query-picture', role: 'img', 'aria-label': 'What is searched for'});
  const frame = new Image();
  frame.onload = () => {
    const scale = frame.naturalWidth / (video.width || frame.naturalWidth);
    [canvas.width, canvas.height] = [box[2], box[3]].map(side => Math.max(1, Math.round(side * scale)));
    canvas.getContext('2d').drawImage(frame, box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale, 0, 0, canvas.width, canvas.height);
  };
  frame.src = '/media/frames/' + video.id + '.jpg?t=' + time.toFixed(3);
  return canvas;
}

export async function show(main, {overview, query}) {
  const subject = make('div', {class: 'panel subject'});
  const note = make('p', {role: 'status'});
  const answers = make('div', {class: 'sightings'});
  const ask = async (shown, what, question) => {
    subject.replaceChildren(shown, make('span', {class: 'quiet small'}, what));
    note.textContent = 'Searching \u2026';
    answers.replaceChildren();
    try {
      const found = await question();
      note.textContent = found.length ? 'The likeliest first' : '';
      answers.replaceChildren(...found.map(answer => answerCard(answer, overview.cameras)));
      if (!found.length) answers.append(make('div', {class: 'panel empty'}, make('b', null, 'Nobody like this'), 'Nothing in the archive comes near.'));
    } catch (error) {
      note.textContent = '';
      answers.replaceChildren(make('div', {class: 'panel empty', role: 'alert'}, make('b', null, 'This could not be searched for'), error.message));
    }
  };
  const upload = async file => {
    if (!file) return;
    let bitmap = null;
    try { bitmap = await createImageBitmap(file); } catch { note.textContent = file.name + ' is no picture that this browser knows.'; return; }
    const [canvas, jpeg] = await asJpeg(bitmap, bitmap.width, bitmap.height);
    await ask(canvas, file.name, () => postPicture('/api/search/picture', jpeg));
  };
  const input = make('input', {type: 'file', accept: 'image/*', class: 'file', 'aria-label': 'Picture to search for', onchange: () => upload(input.files[0])});
  const drop = make('label', {class: 'button'}, icon('plus'), 'Picture \u2026', input);
  main.replaceChildren(make('div', {class: 'head'}, make('h1', null, 'Find similar'), note), make('div', {class: 'finding'},
    make('div', {class: 'side-by'}, subject, drop), answers));
  main.ondragover = event => event.preventDefault();
  main.ondrop = event => { event.preventDefault(); upload(event.dataTransfer.files[0]); };
  const box = (query.get('box') || '').split(',').map(Number);
  if (query.get('identity')) {
    const identity = await get('/api/identities/' + Number(query.get('identity')));
    ask(picture(identity.picture, nameOf(identity), 'picture query-picture'), nameOf(identity), () => post('/api/search/identity', {identity: identity.number}));
  } else if (query.get('video') && box.length === 4 && box.every(Number.isFinite)) {
    const video = await get('/api/videos/' + Number(query.get('video'))), time = Number(query.get('t')) || 0;
    ask(boxPicture(video, time, box), (video.camera || video.file) + (video.start ? ', ' + momentOf(video.start + time) : ''),
      () => post('/api/search/box', {video: video.id, pts: time, box: {x: box[0], y: box[1], width: box[2], height: box[3]}}));
  } else {
    subject.replaceChildren(make('div', {class: 'empty'}, make('b', null, 'A picture of somebody'), 'Choose one, drop it here, or draw a box on a paused video.'));
  }
  return () => { main.ondragover = main.ondrop = null; };
}
