// Writes tokens.css from tokens.json; with --check, only says whether that would change it.

import { readFile, writeFile } from 'node:fs/promises';

const at = (name) => new URL(`../${name}`, import.meta.url);
const tokens = JSON.parse(await readFile(at('tokens.json'), 'utf8'));

const themed = (theme) =>
  ['colour', 'shadow'].flatMap((group) => Object.entries(tokens[group]).map(([name, value]) => `--${group}-${name}: ${value[theme]};`));
const plain = [
  ...['space', 'radius', 'motion'].flatMap((group) => Object.entries(tokens[group]).map(([name, value]) => `--${group}-${name}: ${value};`)),
  // Sizes follow the text size that a person chose.
  ...Object.entries(tokens.type).map(([name, [size, line]]) => `--type-${name}: ${rem(size)}/${rem(line)} var(--font);`),
];

/** Pixels as a share of the root's 16, so that text grows with the browser's setting. */
function rem(pixels) {
  return `${parseFloat(pixels) / 16}rem`;
}

const block = (selector, lines) => `${selector} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;

const css = [
  '/* Written by scripts/generate.mjs from tokens.json; do not edit. */\n',
  block(':root', [...plain, 'color-scheme: light;', ...themed('light')]),
  block(":root[data-theme='dark']", ['color-scheme: dark;', ...themed('dark')]),
].join('\n');

const before = await readFile(at('tokens.css'), 'utf8').catch(() => '');
if (process.argv.includes('--check')) {
  if (before !== css) throw new Error('tokens.css is not what tokens.json says: npm run generate');
} else if (before !== css) {
  await writeFile(at('tokens.css'), css);
}
