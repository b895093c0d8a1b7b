import { useT } from '../i18n/texts.ts';
import { IconButton } from './Button.tsx';
import { Field } from './Field.tsx';
import { toast } from './toast.tsx';

/** Something to take along: readable, selectable, with a button that copies it. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const t = useT();
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => toast(t('copy.done')),
      () => toast(t('copy.failed')),
    );
  return (
    <Field
      label={label}
      value={value}
      dir="ltr"
      readOnly
      onFocus={(event) => event.target.select()}
      after={<IconButton icon="copy" label={t('copy.action')} onClick={() => void copy()} />}
    />
  );
}
