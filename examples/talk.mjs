// Talks with one person: node talk.mjs NAME PASSWORD PEER [URL], after npm install socket.io-client.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';

const [username, password, peer, url = 'http://127.0.0.1:7878'] = process.argv.slice(2);
const socket = io(url), have = {}, unsent = new Map();
let tokens = {}, channel;
const call = (command, data) => socket.emitWithAck(command, data).then(({ ok, err }) => ok ?? Promise.reject(new Error(err.text)));
const enter = () => call('account.login', { username, password }).catch(() => call('account.register', { username, password }));
const send = (text, client_id) => call('message.send', { channel, client_id, body: { text } }).catch(() => {}); // it stays unsent

socket.on('connect', async () => {
  tokens = await call('account.refresh', tokens).catch(enter);
  socket.emit('hello', { token: tokens.access_token, have });
});
socket.on('entry', show).on('ready', async ({ missed }) => {
  Object.values(missed?.channels ?? {}).flatMap(({ entries }) => entries ?? []).forEach(show);
  channel = (await call('channel.create', { kind: 'direct', members: [(await call('user.find', { username: peer })).id] })).id;
  unsent.forEach(send);
});
function show(entry) {
  if (entry.seq <= have[entry.channel]) return; // shown before
  have[entry.channel] = entry.seq;
  unsent.delete(entry.client_id); // it is stored, and need not be sent again
  if (entry.body) console.log(`${entry.sender === tokens.user ? 'you' : peer}: ${entry.body.text}`);
}
createInterface({ input: process.stdin }).on('line', (text) => unsent.set(randomUUID(), text).forEach(send));
