import { getLocale, getTranslations } from 'next-intl/server';
import Form from 'next/form';
import Link from 'next/link';
import { listShows } from '@/api/server';
import { Button } from '@/components/ui/button';
import { Empty } from '@/components/ui/empty';
import { Notice } from '@/components/ui/notice';
import type { ShowQuery } from '@/features/shows/show-query';
import { formatWhen } from '@/lib/when';

/** The first step: which show the tickets are for. */
export async function ShowPicker({ query }: { query: ShowQuery }) {
  const t = await getTranslations('sell.pick');
  const locale = await getLocale();
  const page = await listShows({ limit: 30, ...query });
  return (
    <div className="space-y-4">
      <Form action="/sell/new" className="flex items-end gap-3">
        <label className="flex-1 text-sm font-semibold">
          {t('words')}
          <input name="q" className="input mt-1" maxLength={100} defaultValue={query.q ?? ''} />
        </label>
        <Button type="submit">{t('search')}</Button>
      </Form>
      {page === undefined && <Notice tone="bad" title={t('unavailable')} />}
      {page?.items.length === 0 && <Empty title={t('none')}>{t('noneHelp')}</Empty>}
      <ul className="space-y-2">
        {page?.items.map((show) => (
          <li key={show.id}>
            <Link href={`/sell/new?show=${show.id}`} className="card block p-4 hover:border-accent">
              <span className="block font-semibold">{show.title}</span>
              <span className="block text-sm text-muted">
                {formatWhen(show.startsAt, show.venue.timeZone, locale)} · {show.venue.name},{' '}
                {show.venue.city}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
