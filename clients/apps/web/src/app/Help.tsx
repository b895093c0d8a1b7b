import { useT } from '../i18n/texts.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { ShortcutList } from './ShortcutList.tsx';

export function Help({ onClose }: { onClose: () => void }) {
  const t = useT();
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
      <ShortcutList />
      <p>{t('help.letters')}</p>
    </Dialog>
  );
}
