import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type Rolldown } from 'vite';

/** What the server that serves this sends as well; the preview keeps to it, so that a breach shows early. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The server that development and the preview talk to. */
const RIALTO = process.env.RIALTO_URL ?? 'http://127.0.0.1:8080';
const proxy = {
  '/socket.io': { target: RIALTO, ws: true },
  '/api': { target: RIALTO },
};

/** What is behind the door for everyone who is signed in. */
const SHELL = /\/web\/src\/(app\/(Shell|Rail|ConnectionBar|SkipLink|notifications|shortcuts|title|watching|clock)|channels\/(ChannelList|ChannelRow|ChannelPane|LastLine|actions|rows)|ui\/(Menu|toast)|i18n\/(en|shell|time))\.|core\/src\/selectors\/(selectors|timeline|day)/;

/** What public/look.js has the browser fetch beside the entry, for somebody who comes back and for somebody who does not. */
const FIRST = {
  door: ['src/accounts/SignIn.tsx'],
  shell: ['src/app/Shell.tsx', 'core/src/platform/socketio.ts'],
  conversation: ['src/conversation/Conversation.tsx'],
};

/** Tells public/look.js the names of those files. */
function namingFirst(): Plugin {
  return {
    name: 'rialto:naming-first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {}, chunk: entry }) {
        const chunks = Object.values(bundle).filter((it): it is Rolldown.OutputChunk => it.type === 'chunk');
        const follow = (chunk: Rolldown.OutputChunk | undefined, found: Set<Rolldown.OutputChunk>) => {
          if (!chunk || found.has(chunk)) return found;
          found.add(chunk);
          for (const name of chunk.imports) follow(bundle[name] as Rolldown.OutputChunk | undefined, found);
          return found;
        };
        const files = (from: Iterable<Rolldown.OutputChunk>) => [...from].flatMap((chunk) => [chunk.fileName, ...(chunk.viteMetadata?.importedCss ?? [])]);
        const there = new Set(files(follow(entry, new Set())));
        const attributes = Object.entries(FIRST).map(([name, modules]) => {
          const parts = modules.map((module) => chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module))));
          if (parts.some((part) => !part)) throw new Error(`of the parts that come first, one is not there: ${modules.join(', ')}`);
          const wanted = new Set(files(parts.flatMap((part) => [...follow(part, new Set())])));
          return ` data-${name}="${[...wanted].filter((file) => !there.has(file)).map((file) => `/${file}`).join(' ')}"`;
        });
        return html.replace('src="/look.js"', `src="/look.js"${attributes.join('')}`);
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), namingFirst()],
  // The workspace's packages are read as they are written.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy, headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' } },
  build: {
    target: 'es2022',
    // An inlined file would need a policy that lets data: in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // Parts that are loaded later may share code with the entry itself; a file a module would cost more.
    rolldownOptions: {
      preserveEntrySignatures: false,
      output: {
        codeSplitting: {
          // What a module needs stays where it belongs.
          includeDependenciesRecursively: false,
          groups: [
            // By itself, so that it runs before the rest is compiled.
            { name: 'kept', test: /core\/src\/(platform\/indexeddb|logIn)\.ts|node_modules\/idb\/|src\/app\/kept\.ts/, priority: 3 },
            // It changes when it is updated, and not with each release.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
            // What the shell, the conversation and the dialogs share: one file instead of ten small ones.
            { name: 'shell', test: SHELL, priority: 1 },
          ],
        },
      },
    },
  },
});
