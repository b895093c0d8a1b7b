import { defineConfig } from 'vitest/config';

// The machine that runs this may have other things to do.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
