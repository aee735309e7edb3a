import { useTranslations } from 'next-intl';
import Link from 'next/link';
import { SearchBox } from '@/features/shows/search-box';
import { AccountMenu } from './account-menu';
import { Mark } from './mark';

export function Header() {
  const t = useTranslations('site');
  return (
    <header className="no-print sticky top-0 z-30 border-b border-line bg-surface">
      <div className="mx-auto flex w-full max-w-6xl flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 sm:px-6">
        <Link href="/" className="flex items-center gap-2 rounded-lg font-display text-lg font-bold">
          <Mark />
          {t('name')}
        </Link>
        <div className="order-last w-full sm:order-none sm:w-auto sm:flex-1 sm:px-2">
          <SearchBox />
        </div>
        <nav aria-label={t('navigation')} className="ml-auto flex items-center gap-1">
          <Link href="/sell" className="rounded-lg px-3 py-2 font-semibold hover:bg-sunken">
            {t('sell')}
          </Link>
          <AccountMenu />
        </nav>
      </div>
    </header>
  );
}
