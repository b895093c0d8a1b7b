import { useState } from 'react';

import { isPossible } from '../app/notifications.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { Button } from '../ui/Button.tsx';
import { Choice, Switch } from '../ui/Field.tsx';
import styles from './Settings.module.css';

export function Notifications() {
  const t = useT();
  const rialto = useRialto();
  const { notifications, sounds } = useRialtoState((state) => state.settings.preferences);
  const [permission, setPermission] = useState(() => (isPossible() ? Notification.permission : 'denied'));
  return (
    <div className={styles.part}>
      {permission === 'granted' ? (
        <p>{t('notifications.granted')}</p>
      ) : permission === 'denied' ? (
        <p>{t('notifications.denied')}</p>
      ) : (
        <>
          <p>{t('notifications.why')}</p>
          <Button look="primary" icon="bell" onClick={() => void Notification.requestPermission().then(setPermission)}>
            {t('notifications.allow')}
          </Button>
        </>
      )}
      <Choice
        legend={t('notifications.which')}
        value={notifications}
        options={(['all', 'mentions', 'none'] as const).map((value) => ({ value, label: t(`notifications.${value}`) }))}
        onChoose={(chosen) => rialto.setPreferences({ notifications: chosen })}
      />
      <Switch label={t('notifications.sounds')} isOn={sounds} onSwitch={(isOn) => rialto.setPreferences({ sounds: isOn })} />
    </div>
  );
}
