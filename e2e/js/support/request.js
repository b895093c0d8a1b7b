// One request of HTTP, from whichever address of this machine, with whichever headers: what a well-behaved library does not do.

import http from 'node:http';

import { within } from './patience.js';

/** Options: `method`, `token`, `headers`, `json` or `body`, and `from`, a local address such as 127.0.0.7. */
export function request(server, path, { method = 'GET', token, headers = {}, json, body, from } = {}) {
  const all = { ...(token && { authorization: `Bearer ${token}` }), ...(json !== undefined && { 'content-type': 'application/json' }), ...headers };
  const answer = new Promise((resolve, reject) => {
    const asked = http.request(server.url + path, { method, headers: all, localAddress: from, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text, json: parsed(text) }));
    });
    asked.once('error', reject);
    asked.end(json === undefined ? body : JSON.stringify(json));
  });
  return within(answer, `the answer to ${method} ${path}`);
}

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const post = (server, path, json, more = {}) => request(server, path, { method: 'POST', json, ...more });
