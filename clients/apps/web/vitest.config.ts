import { defineConfig, mergeConfig } from 'vitest/config';

import vite from './vite.config.ts';

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      environment: 'jsdom',
      include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
      setupFiles: ['test/support/setup.ts'],
      css: { modules: { classNameStrategy: 'non-scoped' } },
      // The machine that runs this may have other things to do.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
