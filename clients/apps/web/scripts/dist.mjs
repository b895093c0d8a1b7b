// The built client: where it is, and what it consists of.

import { readdir } from 'node:fs/promises';
import path from 'node:path';

export const dist = new URL('../dist', import.meta.url).pathname;

/** The paths of all files as addresses, sorted; what begins with a dot is the build's own. */
export async function filesOf(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => `/${path.relative(directory, path.join(entry.parentPath, entry.name))}`);
  return files.filter((file) => !file.split('/').some((part) => part.startsWith('.'))).sort();
}
