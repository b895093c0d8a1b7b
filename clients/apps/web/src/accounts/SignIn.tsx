import { useRialto } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';

export function SignIn() {
  const t = useT();
  const rialto = useRialto();
  return (
    <main>
      <h1>{t('app.name')}</h1>
      <button onClick={() => void rialto.accounts.registerInstantly()}>{t('signIn.instant')}</button>
    </main>
  );
}
