import styles from './Avatar.module.css';

/** A disc with initials, in a colour that belongs to the id. Decoration: the name stands beside it. */
export function Avatar({ id, name, size = 40, isOnline = false }: { id: string; name: string; size?: number; isOnline?: boolean }) {
  return (
    <span aria-hidden="true" className={styles.avatar} data-hue={hueOf(id)} style={{ inlineSize: size, blockSize: size, fontSize: size * 0.4 }}>
      {initialsOf(name)}
      {isOnline && <span className={styles.online} />}
    </span>
  );
}

const HUES = 8;

export function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
  return sum % HUES;
}

export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  // Letters that joined scripts write as one stay as one.
  return chosen.map((word) => (/[\p{L}\p{N}]\p{M}*/u.exec(word) ?? [''])[0].toLocaleUpperCase()).join('') || '?';
}
