import { makeSelectChannelRows } from '@rialto/core';
import { useMemo, useState } from 'react';

import { useRialtoState } from '../app/rialto.tsx';
import type { Route } from '../app/route.ts';
import { Link } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';

export function ChannelList({ route }: { route: Route }) {
  const t = useT();
  const selectRows = useMemo(makeSelectChannelRows, []);
  const [now] = useState(Date.now);
  const rows = useRialtoState((state) => selectRows(state, now));
  return (
    <nav aria-label={t('list.name')}>
      {rows.length === 0 && <p>{t('list.none')}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Link to={{ page: 'channel', channel: row.id }} aria-current={route.page === 'channel' && route.channel === row.id ? 'page' : undefined}>
              <bdi>{row.title}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
