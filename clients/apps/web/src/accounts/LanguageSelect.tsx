import { useRialto } from '../app/rialto.tsx';
import { LANGUAGES, LANGUAGE_NAMES, useLanguage, type Language } from '../i18n/language.ts';
import { useT } from '../i18n/texts.ts';
import { Select } from '../ui/Field.tsx';

/** Languages are named in themselves, for those who cannot read the one they see. */
const OPTIONS = LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }));

export function LanguageSelect() {
  const t = useT();
  const rialto = useRialto();
  const language = useLanguage() as Language;
  return <Select label={t('settings.language')} value={language} options={OPTIONS} onChoose={(chosen) => rialto.setPreferences({ language: chosen })} />;
}
