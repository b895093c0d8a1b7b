// Pages of others, in the browsers of people who are logged in.

import assert from 'node:assert/strict';
import { once } from 'node:events';

import WebSocket from 'ws';

import { row } from '../support/siege.js';
import { arrive, group, register } from '../support/people.js';
import { request } from '../support/request.js';
import { within } from '../support/patience.js';
import { Server } from '../support/server.js';

const status = (number) => new RegExp(`^rialto_http_requests_total\\{.*status="${number}"`);

/** Origins that are none of ours, however they look. */
const foreign = ({ url }) => {
  const { port } = new URL(url);
  return [
    ...['https://evil.example', 'null', '', 'file://', `${url}.evil.example`, `http://127.0.0.1.evil.example:${port}`, `http://evil.127.0.0.1:${port}`],
    ...[`http://127.0.0.1:${port}@evil.example`, `http://127.0.0.1:${Number(port) - 1}`, `${url}, https://evil.example`, `${url}/`],
    url.replace('127.0.0.1', 'localhost'),
  ];
};
const POLL = '/socket.io/?EIO=4&transport=polling';

row('row 58 · a page of a foreign origin opens no connection of any kind', { counts: status(403) }, async ({ server, test }) => {
  const ws = server.url.replace('http', 'ws');
  const opens = async (path, origin) => {
    const socket = new WebSocket(ws + path, { headers: { origin } });
    const outcome = await within(once(socket, 'open').catch((error) => error), 'an answer');
    socket.on('error', () => {}).terminate();
    return outcome.message ?? 'open';
  };
  for (const origin of foreign(server)) {
    for (const path of ['/ws', '/socket.io/?EIO=4&transport=websocket']) assert.match(await opens(path, origin), /403/, `${path} from ${origin}`);
    const { status, json } = await request(server, POLL, { headers: { origin } });
    assert.deepEqual([status, json.code], [403, 'http.foreign_origin'], origin);
  }
  assert.equal(await opens('/ws', server.url), 'open', 'a page of our own');
  assert.equal((await request(server, POLL, { headers: { origin: server.url } })).status, 200);

  // With a list, exactly what stands on it.
  const listed = await Server.during(test, { 'edge.allowed_origins': 'https://chat.example' });
  const polls = async (origin) => (await request(listed, POLL, { headers: { origin } })).status;
  const near = ['https://chat.example.evil', 'https://evil-chat.example', 'http://chat.example', 'https://chat.example:444', 'https://chat.example@evil.example'];
  for (const origin of [...near, listed.url, 'null']) {
    assert.equal(await polls(origin), 403, origin);
  }
  assert.equal(await polls('https://chat.example'), 200);
});

row('row 59 · no answer lets a foreign page read it, and none goes with cookies', { counts: status(403) }, async ({ server }) => {
  const { access_token: token } = await register(server);
  const paths = ['/', '/api', '/api/v1/openapi.json', '/api/v1/account', '/nothing', POLL];
  for (const origin of foreign(server)) {
    for (const path of paths) {
      for (const more of [{}, { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } }]) {
        const { headers, status } = await request(server, path, { token, ...more, headers: { origin, cookie: 'a=b', ...more.headers } });
        const told = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
        assert.deepEqual([status, told, headers['set-cookie']], [403, [], undefined], `${path} from ${origin}`);
        assert.match(headers.vary, /Origin/);
      }
    }
  }
  for (const path of paths) {
    const { headers } = await request(server, path, { token, headers: { origin: server.url } });
    assert.equal(headers['access-control-allow-origin'], server.url, path);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  }
});

row('row 60 · nothing is changed by following a link or by sending a form', { counts: status(405) }, async ({ server }) => {
  const ana = await arrive(server, 'REST');
  const token = ana.tokens.access_token;
  const channel = await group([ana]);
  const before = [await ana.call('account.get'), await ana.call('channel.get', { channel })];
  // Every resource that changes something, followed as a link: even with a token it only reads, or is not there.
  const { paths, servers } = (await request(server, '/api/v1/openapi.json')).json;
  const changing = Object.entries(paths).filter(([, methods]) => !methods.get && Object.keys(methods).some((method) => method !== 'get'));
  assert.ok(changing.length > 20);
  for (const [path] of changing) {
    const filled = path.replace(/\{(\w+)\}/g, (_, field) => ({ channel, from: channel, user: ana.user, target: '1', seq: '1', emoji: '👍', session: ana.tokens.session })[field]);
    for (const method of ['GET', 'HEAD']) {
      const { status } = await request(server, servers[0].url + encodeURI(filled), { method, token });
      assert.equal(status, 405, `${method} ${path}`);
    }
  }
  // A form cannot say that it is JSON, and cannot show a token.
  const forms = { 'application/x-www-form-urlencoded': 'display_name=x', 'text/plain': '{"display_name":"x"}', 'multipart/form-data; boundary=b': '--b\r\n\r\n{}\r\n--b--' };
  for (const [type, body] of Object.entries(forms)) {
    for (const path of ['/api/v1/accounts', '/api/v1/sessions', '/api/v1/channels', `/api/v1/channels/${channel}/messages`]) {
      const { status } = await request(server, path, { method: 'POST', token, headers: { 'content-type': type }, body });
      assert.equal(status, 415, `${type} to ${path}`);
    }
  }
  assert.equal((await request(server, '/api/v1/sessions/current', { method: 'POST', token, headers: { 'x-http-method-override': 'DELETE' } })).status, 405);
  assert.equal((await request(server, `/api/v1/account`, { headers: { cookie: `token=${token}; access_token=${token}` } })).status, 401, 'cookies say nothing');
  assert.deepEqual([await ana.call('account.get'), await ana.call('channel.get', { channel })], before);
});

row('row 61 · no page and no answer can be framed', { counts: status(404) }, async ({ server }) => {
  const { access_token: token } = await register(server);
  for (const path of ['/', '/api', '/style.css', '/api/v1/openapi.json', '/api/v1/schema.json', '/api/v1/account', '/nothing', '/api/v1/nothing', POLL, '/socket.io/', '/ws']) {
    const { headers, status } = await request(server, path, { token });
    assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/, `${path} answers ${status}`);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
  }
});
