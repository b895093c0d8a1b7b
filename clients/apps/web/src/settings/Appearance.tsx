import { LanguageSelect } from '../accounts/LanguageSelect.tsx';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { Choice } from '../ui/Field.tsx';
import styles from './Settings.module.css';

export function Appearance() {
  const t = useT();
  const rialto = useRialto();
  const { theme, textSize } = useRialtoState((state) => state.settings.preferences);
  return (
    <div className={styles.part}>
      <Choice
        legend={t('appearance.theme')}
        value={theme}
        options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`appearance.theme.${value}`) }))}
        onChoose={(chosen) => rialto.setPreferences({ theme: chosen })}
      />
      <Choice
        legend={t('appearance.text')}
        value={textSize}
        options={(['small', 'normal', 'large'] as const).map((value) => ({ value, label: t(`appearance.text.${value}`) }))}
        onChoose={(chosen) => rialto.setPreferences({ textSize: chosen })}
      />
      <LanguageSelect />
    </div>
  );
}
