// Messages of another time: the server writes down when it took them, and a test cannot wait for midnight.

/** How MessagePack writes `at` with a whole number of eight bytes after it. */
const AT = Buffer.from([0xa2, 0x61, 0x74, 0xcf]);

/** From now on every window of the context is told that the messages that say this were sent at that time. */
export async function retell(context, times) {
  await context.routeWebSocket(/socket\.io/, (page) => {
    const server = page.connectToServer();
    server.onMessage((message) => page.send(typeof message === 'string' ? message : moved(Buffer.from(message), times)));
  });
}

/** A message's time stands before its text. */
function moved(bytes, times) {
  for (const [text, time] of Object.entries(times)) {
    for (let found = bytes.indexOf(text); found >= 0; found = bytes.indexOf(text, found + 1)) {
      const at = bytes.lastIndexOf(AT, found);
      if (at >= 0) bytes.writeBigUInt64BE(BigInt(Date.parse(time)), at + AT.length);
    }
  }
  return bytes;
}
