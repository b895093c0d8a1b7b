// Contrast as WCAG reckons it: text at 4.5, controls at 3, on whatever they stand on.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const { colour } = JSON.parse(readFileSync(new URL('../tokens.json', import.meta.url), 'utf8'));

function luminance(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const PAPERS = ['background', 'surface', 'own-bubble'];
const TEXT = 4.5;
const CONTROL = 3;

const PAIRS = [
  ...['text', 'muted', 'accent'].flatMap((ink) => PAPERS.map((paper) => [ink, paper, TEXT])),
  ...['success', 'warning', 'error', 'posts'].flatMap((ink) => ['background', 'surface'].map((paper) => [ink, paper, TEXT])),
  ['on-accent', 'accent', TEXT],
  ['text', 'highlight', TEXT],
  ...['background', 'surface'].map((paper) => ['control', paper, CONTROL]),
];

describe.each(['light', 'dark'])('%s', (theme) => {
  test.each(PAIRS)('%s on %s has at least %d', (ink, paper, least) => {
    expect(contrast(colour[ink][theme], colour[paper][theme])).toBeGreaterThanOrEqual(least);
  });
});

test('the reckoning is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
