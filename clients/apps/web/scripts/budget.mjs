// How much the browser fetches, as gzip (what every browser and proxy takes): the first screen, and each part that is fetched when it is
// needed. Fails above the limits. Bytes are the same on every machine, so this is asked at every test run.

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { dist } from './dist.mjs';

const FIRST_SCREEN = { aim: 130, limit: 150 };
const PART = { limit: 60 };

const page = await readFile(`${dist}/index.html`, 'utf8');
const manifest = new Map(Object.entries(JSON.parse(await readFile(`${dist}/.vite/manifest.json`, 'utf8'))));
const chunks = [...manifest.values()];

/** In kB, as the goals are. */
const size = async (file) => gzipSync(await readFile(`${dist}/${file}`), { level: 9 }).length / 1000;
const sum = async (files) => (await Promise.all([...files].map(size))).reduce((total, one) => total + one, 0);

// Everything that the page names is fetched before anything can be seen.
const first = new Set([...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file));
const follow = (chunk) => {
  first.add(chunk.file);
  for (const css of chunk.css ?? []) first.add(css);
  for (const key of chunk.imports ?? []) if (!first.has(manifest.get(key).file)) follow(manifest.get(key));
};
chunks.filter((chunk) => chunk.isEntry).forEach(follow);

let isWithin = true;
const tell = (what, kilobytes, limit, aim = limit) => {
  isWithin &&= kilobytes <= limit;
  const verdict = kilobytes > limit ? `ABOVE the limit of ${limit}` : kilobytes > aim ? `above the aim of ${aim}` : 'ok';
  console.log(`  ${what.padEnd(48)} ${kilobytes.toFixed(1).padStart(6)} kB  ${verdict}`);
};

console.log('What the client weighs (gzip):');
tell('first screen, scripts and styles', await sum(first), FIRST_SCREEN.limit, FIRST_SCREEN.aim);
for (const chunk of chunks) {
  const own = [chunk.file, ...(chunk.css ?? [])].filter((file) => /\.(js|css)$/.test(file) && !first.has(file));
  if (own.length > 0) tell(own[0], await sum(own), PART.limit);
}
if (!isWithin) {
  console.error('FAILED: the client has become too heavy');
  process.exit(1);
}
