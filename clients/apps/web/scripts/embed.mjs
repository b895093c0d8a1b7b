// Leaves the built client where the server's build takes it into the program (crates/server/web): every file, with its compressed
// forms beside it where they are smaller. A file that is as it was stays untouched, so that cargo rebuilds only what changed.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { dist, filesOf } from './dist.mjs';

const target = new URL('../../../../crates/server/web', import.meta.url).pathname;
/** A compressed form that saves less than this is not worth its header. */
const WORTH = 0.95;

const brotli = (content) =>
  promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
const isWorth = (content, compressed) => compressed.length < content.length * WORTH;

const wanted = new Map();
for (const file of await filesOf(dist)) {
  const content = await readFile(dist + file);
  wanted.set(file, content);
  const forms = { gz: await promisify(gzip)(content, { level: 9 }), br: await brotli(content) };
  for (const [ending, compressed] of Object.entries(forms)) {
    if (isWorth(content, compressed)) wanted.set(`${file}.${ending}`, compressed);
  }
}
for (const file of await filesOf(target)) {
  if (!wanted.has(file)) await rm(target + file);
}
for (const [file, content] of wanted) {
  const had = await readFile(target + file).catch(() => undefined);
  if (had?.equals(content)) continue;
  await mkdir(path.dirname(target + file), { recursive: true });
  await writeFile(target + file, content);
}
const bytes = [...wanted].filter(([file]) => file.endsWith('.br')).reduce((sum, [, content]) => sum + content.length, 0);
console.log(`embedded: ${wanted.size} files and forms; ${(bytes / 1000).toFixed(0)} kB when fetched with brotli`);
