import { useT } from '../i18n/texts.ts';
import { SHORTCUTS } from './shortcuts.ts';
import styles from './ShortcutList.module.css';

export function ShortcutList() {
  const t = useT();
  return (
    <dl className={styles.list}>
      {SHORTCUTS.map(({ keys, does }) => (
        <div key={does}>
          <dt>{t(does)}</dt>
          <dd>
            <bdi dir="ltr">
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
