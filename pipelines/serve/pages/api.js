// The server's JSON. A request that needs the token first shows the login, then is asked again.
import {make, byId} from './dom.js';

let login = null;  // a promise while somebody logs in
export class Failed extends Error {}

async function answer(response) {
  const text = await response.text();
  let body = null;
  try { body = JSON.parse(text); } catch { /* no JSON: an error below, or a server of another kind */ }
  if (response.ok && body !== null) return body;
  throw new Failed((body && body.error) || 'the server answers ' + response.status);
}

async function send(path, options) {
  let response = null;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failed('the server does not answer; is it running?');
  }
  if (response.status !== 401 || path === '/api/login') return answer(response);
  await askToken();
  return send(path, options);
}

export function address(path, values = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') query.append(name, one);
    }
  }
  const text = query.toString();
  return text ? path + '?' + text : path;
}
export const get = (path, values, signal) => send(address(path, values), {signal});
export const post = (path, body) => send(path, {method: 'POST', body: JSON.stringify(body),
  headers: {'Content-Type': 'application/json', 'X-Deepstack': '1'}});
export const postPicture = (path, blob) => send(path, {method: 'POST', body: blob,
  headers: {'Content-Type': blob.type || 'image/jpeg', 'X-Deepstack': '1'}});

function askToken() {
  login ||= new Promise(resolve => {
    const problem = make('p', {class: 'bad small', role: 'alert'});
    const field = make('input', {type: 'password', name: 'token', autocomplete: 'current-password', required: true,
      'aria-label': 'Token'});
    const form = make('form', {class: 'panel login'}, make('h1', null, 'Log in'),
      make('p', {class: 'quiet'}, 'These pages show people. The token is in the file that the server was started with.'),
      field, problem, make('button', {class: 'primary'}, 'Log in'));
    form.addEventListener('submit', async event => {
      event.preventDefault();
      try {
        await post('/api/login', {token: field.value});
      } catch (error) {
        problem.textContent = error.message;
        field.select();
        return;
      }
      form.remove();
      login = null;
      resolve();
    });
    byId('main').replaceChildren(form);
    field.focus();
  });
  return login;
}
