import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

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

export default defineConfig({
  plugins: [react()],
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
    rolldownOptions: { preserveEntrySignatures: false },
  },
});
