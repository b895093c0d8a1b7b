import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { ShortcutList } from '../app/ShortcutList.tsx';
import { useT } from '../i18n/texts.ts';
import { Switch } from '../ui/Field.tsx';
import styles from './Settings.module.css';

export function Keyboard() {
  const t = useT();
  const rialto = useRialto();
  const { enterSends, letterShortcuts } = useRialtoState((state) => state.settings.preferences);
  return (
    <>
      <section className={styles.part}>
        <Switch label={t('keyboard.enterSends')} hint={t('keyboard.enterSends.hint')} isOn={enterSends} onSwitch={(isOn) => rialto.setPreferences({ enterSends: isOn })} />
        <Switch label={t('keyboard.letters')} hint={t('help.letters')} isOn={letterShortcuts} onSwitch={(isOn) => rialto.setPreferences({ letterShortcuts: isOn })} />
      </section>
      <section className={styles.part}>
        <h2>{t('help.title')}</h2>
        <ShortcutList />
      </section>
    </>
  );
}
