'use client';

import { useTranslations } from 'next-intl';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';

/** What failed may be kept as failed, a script that did not come through above all: only a new page forgets it. */
export default function ErrorPage() {
  const t = useTranslations('error');
  return (
    <div className="narrow">
      <Notice
        tone="bad"
        title={t('title')}
        action={<Button onClick={() => window.location.reload()}>{t('again')}</Button>}
      >
        {t('help')}
      </Notice>
    </div>
  );
}
