// Settings: a list of sections, and the one that is open.

import { useEffect, useRef, type ComponentType } from 'react';

import { SECTIONS, type Section } from '../app/route.ts';
import { back, Link } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { IconButton } from '../ui/Button.tsx';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { Accounts } from './Accounts.tsx';
import { Appearance } from './Appearance.tsx';
import { Keyboard } from './Keyboard.tsx';
import { Notifications } from './Notifications.tsx';
import { Privacy } from './Privacy.tsx';
import { Profile } from './Profile.tsx';
import { Sessions } from './Sessions.tsx';
import styles from './Settings.module.css';

const ICONS: Record<Section, IconName> = {
  profile: 'person',
  appearance: 'sun',
  notifications: 'bell',
  keyboard: 'keyboard',
  privacy: 'lock',
  sessions: 'device',
  accounts: 'group',
};

const PARTS: Record<Section, ComponentType> = {
  profile: Profile,
  appearance: Appearance,
  notifications: Notifications,
  keyboard: Keyboard,
  privacy: Privacy,
  sessions: Sessions,
  accounts: Accounts,
};

/** What is shown beside the list before one was chosen; on a phone the list is alone. */
const FIRST: Section = 'profile';

export function SettingsNav({ section }: { section: Section | undefined }) {
  const t = useT();
  return (
    <nav className={styles.nav} aria-label={t('settings.sections')}>
      <p className={styles.heading} aria-hidden="true">
        {t('rail.settings')}
      </p>
      <ul>
        {SECTIONS.map((it) => (
          <li key={it}>
            <Link to={{ page: 'settings', section: it }} replace={section !== undefined} aria-current={it === section ? 'page' : undefined} data-shown={(section === undefined && it === FIRST) || undefined}>
              <Icon name={ICONS[it]} />
              {t(`settings.${it}`)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function Settings({ section = FIRST }: { section: Section | undefined }) {
  const t = useT();
  const Part = PARTS[section];
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [section]);
  return (
    <div className={styles.section}>
      <header className={styles.header}>
        <IconButton className={styles.back ?? ''} icon="back" label={t('settings.back')} tipAt="start" onClick={() => back({ page: 'settings' })} />
        <h1 ref={heading} tabIndex={-1}>
          {t(`settings.${section}`)}
        </h1>
      </header>
      <div className={styles.inside} key={section}>
        <Part />
      </div>
    </div>
  );
}
