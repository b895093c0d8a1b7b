// Rooms as one writes them with socket.io: its defaults (the adapter in memory, every transport, the JSON parser).
// Nothing is stored, nobody is logged in, nothing is repeated. `node socketio.js PORT`
'use strict';

const { createServer } = require('node:http');
const { Server } = require('socket.io');

const server = createServer();
const io = new Server(server);
let messages = 0;

io.on('connection', (socket) => {
  const { room } = socket.handshake.auth;
  socket.join(room);
  socket.on('msg', ({ ts, body }, acknowledge) => {
    const message = { id: (messages += 1), ts, body };
    acknowledge({ id: message.id });
    io.to(room).emit('msg', message);
  });
});

// Room in the queue for all who connect at once.
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
