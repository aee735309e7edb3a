'use client';

import { useTranslations } from 'next-intl';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';

export default function ErrorPage({ reset }: { reset: () => void }) {
  const t = useTranslations('error');
  return (
    <div className="narrow">
      <Notice tone="bad" title={t('title')} action={<Button onClick={reset}>{t('again')}</Button>}>
        {t('help')}
      </Notice>
    </div>
  );
}
