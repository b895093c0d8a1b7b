// What a message says: a text, a place, a person.

import type { Contact, Content, Location, Mentions } from '@rialto/core';

import { PersonIcon, PlaceIcon } from '../icons.tsx';
import { Text } from '../text/Text.tsx';
import { useWords } from '../words/words.ts';
import styles from './Body.module.css';

export function Body({ body, mentions, isReachable }: { body: Content; mentions?: Mentions | undefined; isReachable: boolean }) {
  if ('text' in body) return <Text text={body.text} mentions={mentions} isReachable={isReachable} />;
  if ('location' in body) return <Place {...body.location} />;
  return <Person {...body.contact} />;
}

/** Shown as it is: no map of somebody else hears where people meet. */
function Place({ label, latitude, longitude }: Location) {
  const t = useWords();
  return (
    <div className={styles.card}>
      <PlaceIcon />
      <div>
        <div dir="auto">{label ?? t('body.location')}</div>
        <div className={styles.detail} dir="ltr">
          {latitude.toFixed(5)}, {longitude.toFixed(5)}
        </div>
      </div>
    </div>
  );
}

function Person({ name, addresses = [] }: Contact) {
  return (
    <div className={styles.card}>
      <PersonIcon />
      <div>
        <div dir="auto">{name}</div>
        {addresses.map((address) => (
          <div key={address} className={styles.detail} dir="auto">
            {address}
          </div>
        ))}
      </div>
    </div>
  );
}

/** A message in a line, for quotes, pins and announcements. */
export function useSummary(): (body: Content | undefined) => string {
  const t = useWords();
  return (body) => {
    if (!body) return t('message.deleted');
    if ('text' in body) return body.text.length > 200 ? `${body.text.slice(0, 200)}…` : body.text;
    if ('location' in body) return `${t('body.location')}${body.location.label ? `: ${body.location.label}` : ''}`;
    return `${t('body.contact')}: ${body.contact.name}`;
  };
}
