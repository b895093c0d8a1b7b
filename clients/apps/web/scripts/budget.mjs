// How much the browser fetches, as gzip (what every browser and proxy takes). Fails above the limits. Bytes are the same on every
// machine, so this is asked at every test run.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { dist } from './dist.mjs';

/** In kB. The screens count everything that they need; a part counts what it adds to the first screen. */
const LIMITS = { first: 150, conversation: 190, part: 60 };
const AIM = { first: 130 };

const DOOR = 'src/accounts/SignIn.tsx';
const SHELL = 'src/app/Shell.tsx';
const CONVERSATION = 'src/conversation/Conversation.tsx';
/** It comes a moment after the rest, and always. */
const LINE = '../../packages/core/src/platform/socketio.ts';

const page = await readFile(`${dist}/index.html`, 'utf8');
const manifest = new Map(Object.entries(JSON.parse(await readFile(`${dist}/.vite/manifest.json`, 'utf8'))));

/** Everything that these parts of the client cannot do without. */
function needed(...keys) {
  const chunks = new Set();
  const follow = (key) => {
    const chunk = manifest.get(key) ?? shared(key);
    if (!chunk) throw new Error(`the client has no part ${key}; this script and the client disagree`);
    if (chunks.has(chunk)) return;
    chunks.add(chunk);
    chunk.imports?.forEach(follow);
  };
  keys.forEach(follow);
  return new Set([...chunks].flatMap(({ file, css = [] }) => [file, ...css]));
}

/** A part whose module is shared with others is kept under its name. */
function shared(key) {
  const name = path.basename(key, path.extname(key));
  return [...manifest.values()].find((chunk) => chunk.name === name);
}

const sizes = new Map();
async function weight(files) {
  for (const file of files) if (!sizes.has(file)) sizes.set(file, gzipSync(await readFile(`${dist}/${file}`), { level: 9 }).length / 1000);
  return [...files].reduce((sum, file) => sum + sizes.get(file), 0);
}

let isWithin = true;
function tell(what, kilobytes, limit, aim = limit) {
  isWithin &&= kilobytes <= limit;
  const verdict = kilobytes > limit ? `ABOVE the limit of ${limit}` : kilobytes > aim ? `above the aim of ${aim}` : 'ok';
  console.log(`  ${what.padEnd(48)} ${kilobytes.toFixed(1).padStart(6)} kB  ${verdict}`);
}

// Everything that the page names is fetched before anything can be seen.
const named = [...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file);
const first = new Set([...named, ...needed(DOOR, LINE)]);

console.log('What the client weighs (gzip, scripts and styles):');
tell('first screen', await weight(first), LIMITS.first, AIM.first);
tell('a conversation, with all that it needs', await weight(new Set([...named, ...needed(SHELL, CONVERSATION, LINE)])), LIMITS.conversation);
const parts = [...manifest].filter(([key, chunk]) => chunk.isDynamicEntry && ![DOOR, LINE].includes(key));
for (const [key] of parts) tell(`+ ${key.replace('src/', '')}`, await weight([...needed(key)].filter((file) => !first.has(file))), LIMITS.part);

if (!isWithin) {
  console.error('FAILED: the client has become too heavy');
  process.exit(1);
}
