// Rooms as one writes them with bare ws: each message is encoded once, and sent to everybody in the room.
// Nothing is stored, nobody is logged in, nothing is repeated. `node ws.js PORT`
'use strict';

const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');

const server = createServer();
const sockets = new WebSocketServer({ server });
const rooms = new Map();
let messages = 0;

sockets.on('connection', (socket) => {
  let room;
  socket.on('message', (text) => {
    const { id, cmd, data } = JSON.parse(text);
    if (cmd === 'hello') {
      room = rooms.get(data.room) ?? new Set();
      rooms.set(data.room, room.add(socket));
      socket.send(JSON.stringify({ re: id, ok: {} }));
      return;
    }
    const message = { id: (messages += 1), ts: data.ts, body: data.body };
    socket.send(JSON.stringify({ re: id, ok: { id: message.id } }));
    const told = JSON.stringify({ ev: 'msg', data: message });
    for (const member of room) member.send(told);
  });
  socket.on('close', () => room?.delete(socket));
  // What a broken connection says is said again by its close.
  socket.on('error', () => {});
});

// Room in the queue for all who connect at once.
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
