// A transport that is loaded while the page is drawn already: what was kept is shown before there is a connection.

import type { Link, Transport } from '@rialto/core';

export function lazyTransport(load: () => Promise<Transport>): Transport {
  let loading: Promise<Transport> | undefined;
  return {
    open(hello, listener): Link {
      let link: Link | undefined;
      let isClosed = false;
      const end = (text: string) => {
        if (isClosed) return;
        isClosed = true;
        listener.closed({ kind: 'lost', text });
      };
      loading ??= load();
      const opened = loading.then(
        (transport) => {
          if (!isClosed) link = transport.open(hello, listener);
        },
        (error: unknown) => {
          // Offline, perhaps; the next attempt loads it anew.
          loading = undefined;
          end(String(error));
        },
      );
      return {
        async ask(command, data) {
          await opened;
          if (!link) throw new Error('the link is closed');
          return link.ask(command, data);
        },
        close: () => (link ? link.close() : end('closed by this client')),
      };
    },
  };
}
