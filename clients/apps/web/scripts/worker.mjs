// Builds dist/sw.js, the service worker, which knows every file of the client that vite has built into dist/.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { build } from 'vite';

import { dist, filesOf } from './dist.mjs';

/** Only looked at by the system, when the client is installed, and only with a connection. */
const isForInstalling = (path) => path.endsWith('.png') || path.endsWith('.webmanifest');

const files = (await filesOf(dist)).filter((path) => path !== '/sw.js' && !isForInstalling(path));
const hash = createHash('sha256');
for (const path of files) hash.update(path).update('\0').update(await readFile(dist + path)).update('\0');
const version = hash.digest('hex').slice(0, 12);

await build({
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  define: { __BUILD__: JSON.stringify({ version, files }) },
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: 'es2022',
    rolldownOptions: {
      input: new URL('../worker/service.ts', import.meta.url).pathname,
      output: { format: 'iife', entryFileNames: 'sw.js' },
    },
  },
});
console.log(`service worker: build ${version}, ${files.length} files are there without the server`);
