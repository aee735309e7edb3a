import { getTranslations } from 'next-intl/server';
import Link from 'next/link';
import { buttonClass } from '@/components/ui/button';
import { Empty } from '@/components/ui/empty';

export default async function NotFound() {
  const t = await getTranslations('notFound');
  return (
    <div className="narrow">
      <h1 className="sr-only">{t('title')}</h1>
      <Empty
        title={t('title')}
        action={
          <Link href="/shows" className={buttonClass()}>
            {t('shows')}
          </Link>
        }
      >
        {t('help')}
      </Empty>
    </div>
  );
}
