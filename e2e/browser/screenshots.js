// Takes the pictures of docs/screenshots: every screen, on a phone, a tablet, a laptop and a large screen, light and dark.

import { mkdir } from 'node:fs/promises';

import { Server } from '../js/support/server.js';
import { SCREENS, furnish } from './support/screens.js';

const folder = new URL('../../docs/screenshots/', import.meta.url).pathname;
const SIZES = [[390, 844], [768, 1024], [1280, 800], [1920, 1080]];
/** Everything on a laptop; elsewhere what looks different there. */
const ELSEWHERE = ['conversations', 'conversation'];

const ended = [];
const scope = { after: (end) => ended.push(end) };
const server = await Server.start();
try {
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    const { ana } = await furnish(scope, server, { colorScheme, name: `ana.${colorScheme}` });
    for (const [width, height] of SIZES) {
      await ana.page.setViewportSize({ width, height });
      for (const screen of SCREENS) {
        if (width !== 1280 && !ELSEWHERE.includes(screen.name)) continue;
        // The conversation covers the list on a phone, and beside it on anything larger the list alone is empty.
        if (screen.name === 'conversations' && width !== 390) continue;
        if (colorScheme === 'dark' && !ELSEWHERE.includes(screen.name)) continue;
        await screen.show(ana);
        await ana.page.mouse.move(0, 0);
        // Fonts, pictures and movement.
        await ana.page.waitForTimeout(700);
        await ana.page.screenshot({ path: `${folder}${screen.name.replaceAll(' ', '-')}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png` });
        await screen.leave?.(ana);
      }
    }
  }
} finally {
  for (const end of ended) await end();
  await server.stop();
}
console.log(`pictures are in ${folder}`);
process.exit();
