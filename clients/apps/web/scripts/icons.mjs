// Draws the icons of public/ from public/icon.svg, by Chromium. To be run again when the drawing changes.
//
//   node scripts/icons.mjs

import { readFile, writeFile } from 'node:fs/promises';

import { chromium } from 'playwright-core';

const folder = new URL('../public/', import.meta.url).pathname;
const drawing = await readFile(`${folder}icon.svg`, 'utf8');
/** The ground of the drawing, without its corners: a system that masks icons cuts its own shape, and keeps the middle 80 %. */
const bleeding = drawing.replace(/ rx="\d+"/, '').replace(/(<rect[^>]*>)(.*)(<\/svg>)/s, '$1<g transform="translate(32 32) scale(.72) translate(-32 -32)">$2</g>$3');
const ICONS = [
  ['icon-192.png', drawing, 192],
  ['icon-512.png', drawing, 512],
  ['icon-maskable-192.png', bleeding, 192],
  ['icon-maskable-512.png', bleeding, 512],
  // iOS knows no masks in manifests and rounds the corners itself.
  ['icon-apple-180.png', bleeding, 180],
];

const browser = await chromium.launch({ executablePath: process.env.RIALTO_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
for (const [name, svg, size] of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  await writeFile(folder + name, await page.screenshot({ omitBackground: true }));
}
await browser.close();
