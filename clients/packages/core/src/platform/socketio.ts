// Links over Socket.IO. Reconnecting, buffering and retrying are the core's own affair, so the library's are off.

import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import msgpackParser from 'socket.io-msgpack-parser';

import type { Closed, Link, Transport } from '../ports.ts';

export interface SocketIoOptions {
  /** Where the server is: `https://chat.example.org`. In a browser otherwise where the page is from. */
  url?: string;
  /** Anything else that `socket.io-client` takes: `transports`, `extraHeaders`, … */
  socket?: Partial<ManagerOptions & SocketOptions>;
}

export function socketIo({ url = '', socket: options = {} }: SocketIoOptions = {}): Transport {
  return {
    open(hello, listener): Link {
      const pending = new Set<(error: Error) => void>();
      const socket = io(url, {
        // The page is heavier than a second handshake: WebSocket at once, polling where that is not let through.
        transports: ['websocket', 'polling'],
        tryAllTransports: true,
        ...options,
        parser: msgpackParser,
        forceNew: true,
        reconnection: false,
        autoConnect: false,
        auth: { ...hello },
      });
      let isOver = false;
      const end = (why: Closed) => {
        if (isOver) return;
        isOver = true;
        socket.offAny();
        socket.disconnect();
        for (const reject of pending) reject(new Error(why.text));
        listener.closed(why);
      };
      socket.on('connect', () => listener.opened());
      socket.onAny((event: string, data: unknown) => listener.event(event, data));
      socket.on('connect_error', (error: Error & { data?: { code?: unknown; text?: unknown; retry_after_ms?: unknown } }) => {
        const { code, text, retry_after_ms: retryAfterMs } = error.data ?? {};
        if (typeof code !== 'string') return end({ kind: 'lost', text: error.message });
        end({ kind: 'refused', code, text: String(text ?? code), ...(typeof retryAfterMs === 'number' && { retryAfterMs }) });
      });
      socket.on('disconnect', (reason) => end({ kind: 'lost', text: reason }));
      socket.connect();
      return {
        ask(command, data) {
          return new Promise((resolve, reject) => {
            if (isOver) return reject(new Error('the link is closed'));
            pending.add(reject);
            socket.emit(command, data, (answer: { ok?: unknown; err?: unknown }) => {
              pending.delete(reject);
              resolve(answer);
            });
          });
        },
        close() {
          end({ kind: 'lost', text: 'closed by this client' });
        },
      };
    },
  };
}
