// Where a user name is typed: Latin letters from left to right in every language, which no keyboard shall capitalise or correct.

import { useT } from '../i18n/texts.ts';
import { Field, type FieldProps } from './Field.tsx';

export function UsernameField(props: Partial<FieldProps>) {
  const t = useT();
  return <Field label={t('field.username')} name="username" autoComplete="off" maxLength={64} {...props} dir="ltr" autoCapitalize="none" spellCheck={false} />;
}
