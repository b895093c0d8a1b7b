// Text that wants to be more than text.

import assert from 'node:assert/strict';
import { once } from 'node:events';

import WebSocket from 'ws';

import { row } from '../support/siege.js';
import { everyCarrier, liveCarriers } from '../support/carriers.js';
import { contract } from '../support/contract.js';
import { within } from '../support/patience.js';
import { anotherDevice, arrive, connectAgain, gather, group, register, say } from '../support/people.js';
import { post, request } from '../support/request.js';

const status = (number) => new RegExp(`^rialto_http_requests_total\\{.*status="${number}"`);

const MARKUP = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  '[click](javascript:alert(1))',
  'javascript:alert(1)',
  '</title><script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '&lt;b&gt; &amp; ]]> <!-- -->',
];

row('row 54 · markup is text: it comes back as it was written, and no page of ours shows it', { counts: status(400) }, async ({ server }) => {
  const [ana, bo] = await gather(server, 'plain JSON', ...MARKUP.slice(0, 2));
  const channel = await group([ana, bo], { title: MARKUP[2], description: MARKUP[5] });
  for (const words of MARKUP) {
    const seq = await say(ana, channel, words);
    for (const carrier of everyCarrier) {
      const device = await connectAgain(bo, carrier);
      const { messages } = await device.call('history', { channel, around: seq, limit: 1 });
      assert.equal(messages[0].body.text, words, carrier);
      await device.close();
    }
  }
  const seen = await bo.call('channel.get', { channel });
  assert.deepEqual([seen.title, seen.description], [MARKUP[2], MARKUP[5]]);
  const { users } = await bo.call('user.get', { users: [ana.user] });
  assert.equal(users[0].display_name, MARKUP[0]);
  // What answers with somebody's text says that it is JSON; pages hold nobody's text, not even the address they were asked at.
  const history = await request(server, `/api/v1/channels/${channel}/messages`, { token: ana.tokens.access_token });
  assert.equal(history.headers['content-type'], 'application/json');
  for (const [path, headers] of [
    ['/?q=<script>alert(1)</script>', {}],
    ['/api?<script>', {}],
    ['/', { host: 'x"><script>alert(1)</script>' }],
    ['/%3Cscript%3Ealert(1)%3C/script%3E', {}],
    [`/api/v1/channels/${encodeURIComponent('<script>')}`, {}],
    ['/socket.io/?EIO=%3Cscript%3E&transport=polling', {}],
  ]) {
    const { headers: told, text } = await request(server, path, { headers });
    // The client's own scripts are files; none stands in a page, and least of all one that came with the request.
    assert.ok(!/<script(?![^>]* src="\/)|alert\(1\)/.test(text), `${path}: ${text}`);
    assert.equal(told['x-content-type-options'], 'nosniff');
    assert.match(told['content-security-policy'], /default-src 'none'/);
    assert.ok(!/unsafe-inline|unsafe-eval|script-src(?! 'self';)/.test(told['content-security-policy']), told['content-security-policy']);
  }
  await Promise.all([ana.close(), bo.close()]);
});

row('row 55 · there is no export whose cells could be formulas', { isQuiet: true }, async ({ server }) => {
  assert.ok(!Object.keys(contract.commands).some((command) => /export|csv|download/.test(command)));
  const { paths } = (await request(server, '/api/v1/openapi.json')).json;
  const answers = Object.values(paths).flatMap((methods) => Object.values(methods)).flatMap(({ responses }) => Object.values(responses));
  const kinds = answers.flatMap(({ content }) => Object.keys(content ?? {}));
  assert.deepEqual([...new Set(kinds)], ['application/json']);
});

row('row 56 · line breaks end no header and no line of the log', { settings: { 'log.level': 'trace' }, counts: status(422) }, async ({ server }) => {
  const forged = '2026-01-01T00:00:00.000000Z ERROR forged-line';
  const { access_token: token } = await register(server);
  for (const end of ['\r\n', '\n', '\r', '\u2028', '\u0085']) {
    const evil = `a${end}Set-Cookie: forged=1${end}${forged}`;
    const answers = [
      await post(server, '/api/v1/accounts', { display_name: evil }),
      await post(server, '/api/v1/accounts', { username: evil, password: 'correct horse' }),
      await post(server, '/api/v1/accounts', { client: { name: evil, version: evil } }),
      await request(server, '/api/v1/device', { method: 'PATCH', token, json: { name: evil } }),
      await post(server, '/api/v1/channels', { kind: 'group', title: evil }, { token }),
      await request(server, `/api/v1/users?username=${encodeURIComponent(evil)}`, { token }),
      await request(server, `/${encodeURIComponent(evil)}`),
      await request(server, `/socket.io/?EIO=4&transport=${encodeURIComponent(evil)}`),
      await request(server, '/', { headers: { 'x-forwarded-for': `1.2.3.4 ${forged}`, 'user-agent': forged, 'x-request-id': forged } }),
    ];
    for (const { headers } of answers) assert.ok(!/forged/.test(JSON.stringify(headers)), JSON.stringify(headers));
    assert.deepEqual([answers[0], answers[1], answers[3], answers[4]].map(({ status }) => status), [422, 422, 422, 422]);
  }
  // What a client calls itself is shown among the log-ins: without what breaks its line.
  const odd = await post(server, '/api/v1/accounts', { client: { name: 'a\r\nb' } });
  const { json } = await request(server, '/api/v1/sessions', { token: odd.json.access_token });
  assert.ok(!/[\r\n]/.test(json.sessions[0].client));
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
  await within(once(socket, 'open'), 'the connection');
  socket.send(JSON.stringify({ id: 1, cmd: `x\n${forged}`, data: { [`y\n${forged}`]: 1 } }));
  await within(once(socket, 'message'), 'the refusal');
  socket.terminate();
  for (const line of server.log.split('\n')) assert.ok(!line.startsWith('2026-01-01'), line);
});

const LOOK_ALIKES = {
  'Cyrillic among Latin': '\u0430na',
  'Latin among Cyrillic': 'Ивaн',
  'Greek among Latin': '\u0391lex',
  'a space without width': 'a\u200Bna',
  'a joiner that joins nothing': 'a\u200Dna',
  'a non-joiner': 'an\u200Ca',
  'a soft hyphen': 'a\u00ADna',
  'a word joiner': 'a\u2060na',
  'a filler without ink': '\u3164',
  'an empty braille cell': 'ana\u2800\u2800x',
  'written backwards': 'ana\u202Efdp',
  'isolated': '\u2066ana\u2069',
  'a byte order mark': '\uFEFFana\uFEFFx',
  'invisible tags': 'ana\u{E0061}\u{E0062}',
  'ten thousand combining marks': `a${'\u0301'.repeat(10_000)}`,
  'marks that grow out of the line': `a${'\u0334'.repeat(20)}`,
  'a line break': 'a\nna',
};
const NAMES = [
  ...['Zoë', 'Анна', 'Ὀδυσσεύς', 'محمد', 'می‌خواهم', 'நிலா', 'ねこcat', '김철수', '陳大文'],
  ...['Nguyễn Thị Ánh', 'Анна Smith', '👩‍👩‍👧‍👦', '🏴\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}', '❤️‍🔥 x'],
];

row('row 57 · a name looks like itself: look-alikes and what cannot be seen are refused, every script is welcome', { counts: status(422) }, async ({ server }) => {
  for (const [what, name] of Object.entries(LOOK_ALIKES)) {
    const shown = await post(server, '/api/v1/accounts', { display_name: name });
    assert.deepEqual([shown.status, shown.json.code], [422, 'account.display_name_invalid'], what);
    const unique = await post(server, '/api/v1/accounts', { username: `ana${name}`, password: 'correct horse' });
    assert.deepEqual([unique.status, unique.json.code], [422, 'account.username_invalid'], what);
  }
  for (const name of NAMES) {
    const { status, json } = await post(server, '/api/v1/accounts', { display_name: name });
    assert.equal(status, 201, `${name}: ${json.code}`);
    const account = await request(server, '/api/v1/account', { token: json.access_token });
    assert.equal(account.json.display_name, name.normalize('NFC'));
  }
  // Unique names are one in every spelling; shown ones are normalised once, and bounded by what is seen and by bytes.
  await register(server, { username: 'ana', password: 'correct horse' });
  for (const spelling of ['ANA', '\uff21\uff4e\uff41', ' ana ', '\u24d0na']) {
    const { status, json } = await post(server, '/api/v1/accounts', { username: spelling, password: 'correct horse' });
    assert.deepEqual([status, json.code], [409, 'account.username_taken'], spelling);
  }
  const named = async (display_name) => (await post(server, '/api/v1/accounts', { display_name })).status;
  const sizes = ['e\u0301'.repeat(64), 'é'.repeat(65), '👩‍👩‍👧‍👦'.repeat(10), '👩‍👩‍👧‍👦'.repeat(11)];
  assert.deepEqual(await Promise.all(sizes.map(named)), [201, 422, 201, 422]);
  // What people say is theirs: it is kept as it is.
  const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
  const channel = await group([ana, bo]);
  for (const [what, words] of Object.entries(LOOK_ALIKES)) {
    if (words.length > 5_000) continue;
    const seq = await say(ana, channel, words);
    assert.equal((await bo.entry({ channel, seq })).body.text, words, what);
  }
  const device = await anotherDevice(ana, liveCarriers[0]);
  const { channels } = await device.call('channel.list');
  assert.equal(channels[0].id, channel);
  await Promise.all([ana, bo, device].map((person) => person.close()));
});
