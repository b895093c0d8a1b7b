// Writes the emoji that the picker offers, from emojibase and Unicode CLDR: `node scripts/emoji.mjs`, with `--check` only compares.
//
// A line is an emoji, its name, and the words it is found by; a list for each group. Without skin tones, and without what
// fonts do not have yet: that is a tenth of what emojibase tells.

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const isCheck = process.argv.includes('--check');

const LANGUAGES = ['en', 'de', 'pt', 'ar'];

/** Newer ones are boxes on many devices. */
const NEWEST_VERSION = 15;

/** Skin tones and hair are no emoji of their own. */
const COMPONENTS = 2;

const shortcodes = require('emojibase-data/en/shortcodes/github.json');

for (const language of LANGUAGES) {
  const groups = [];
  const emoji = named(language)
    .filter(({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST_VERSION)
    .sort((one, other) => one.order - other.order);
  for (const { emoji: sign, label, tags = [], group, hexcode } of emoji) {
    const codes = [shortcodes[hexcode] ?? []].flat();
    // What stands in the name need not be said again.
    const words = [...new Set([...codes, ...tags.filter((tag) => !tag.includes('|'))])].filter((word) => !label.includes(word));
    (groups[group > COMPONENTS ? group - 1 : group] ??= []).push([qualified(sign), label, words.join(' ')].join('|'));
  }
  const text = `[\n${groups.map((group) => `[\n${group.map((line) => JSON.stringify(line)).join(',\n')}\n]`).join(',\n')}\n]\n`;
  const file = fileURLToPath(new URL(`../src/conversation/emoji/${language}.json`, import.meta.url));
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, 'utf8')) !== text) throw new Error(`${file} is not what scripts/emoji.mjs writes; run it`);
}

/** What emojibase tells of them. It has no Arabic: there, names and words are those that it takes from CLDR for the others. */
function named(language) {
  if (language !== 'ar') return require(`emojibase-data/${language}/data.json`);
  const { annotations } = require('cldr-annotations-modern/annotations/ar/annotations.json').annotations;
  const { annotations: derived } = require('cldr-annotations-derived-modern/annotationsDerived/ar/annotations.json').annotationsDerived;
  return require('emojibase-data/en/data.json').map((emoji) => {
    const { tts, default: tags } = annotations[bare(emoji.emoji)] ?? derived[bare(emoji.emoji)] ?? {};
    return { ...emoji, label: tts?.[0] ?? emoji.label, tags: tags ?? emoji.tags };
  });
}

/** As CLDR writes it: without selectors. */
function bare(sign) {
  return sign.replaceAll('\uFE0F', '');
}

/** As Unicode recommends it: signs that are pictures anyway need no selector that makes them one. */
function qualified(sign) {
  return sign.replace(/^(\p{Emoji_Presentation})\uFE0F$/u, '$1');
}
