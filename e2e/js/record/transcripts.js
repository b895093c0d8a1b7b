// Writes contract/transcripts: what a client and the real server say to each other, a frame of the plain JSON carrier
// a line. Both sides replay them: crates/wire/tests/transcripts.rs, clients/packages/core/test/transcripts.test.ts.
//
//   npm --prefix e2e/js run record            all of them
//   npm --prefix e2e/js run record -- talk    one

import { writeFile } from 'node:fs/promises';

import { Server } from '../support/server.js';
import { withPlaceholders } from './placeholders.js';
import { scenarios } from './scenarios.js';

const wanted = process.argv.slice(2);

for (const [name, play] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const server = await Server.start();
  try {
    const { lines } = await play(server);
    const text = withPlaceholders(lines).map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(new URL(`../../../contract/transcripts/${name}.jsonl`, import.meta.url), text);
    console.log(`${name}: ${lines.length} lines`);
  } finally {
    await server.stop();
  }
}
process.exit(0);
