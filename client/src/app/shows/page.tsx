import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import Link from 'next/link';
import { getFacets, listShows } from '@/api/server';
import { buttonClass } from '@/components/ui/button';
import { Empty } from '@/components/ui/empty';
import { Notice } from '@/components/ui/notice';
import { Filters } from '@/features/shows/filters';
import { ShowGrid } from '@/features/shows/show-card';
import { queryOf } from '@/features/shows/show-query';

type Params = Record<string, string | string[] | undefined>;

interface Props {
  searchParams: Promise<Params>;
}

export async function generateMetadata({ searchParams }: Props): Promise<Metadata> {
  const t = await getTranslations('shows');
  const { q } = queryOf(await searchParams);
  return { title: q ? t('found', { q }) : t('title') };
}

export default async function Shows({ searchParams }: Props) {
  const t = await getTranslations('shows');
  const params = await searchParams;
  const query = queryOf(params);
  const [page, facets] = await Promise.all([listShows(query), getFacets()]);
  return (
    <div className="page space-y-6">
      <h1 className="text-2xl font-bold">{query.q ? t('found', { q: query.q }) : t('title')}</h1>
      <Filters
        key={JSON.stringify(query)}
        query={query}
        cities={(facets?.cities ?? []).map(({ city }) => city)}
      />
      {page === undefined && <Notice tone="bad" title={t('unavailable')} />}
      {page?.items.length === 0 && (
        <Empty
          title={t('none')}
          action={
            <Link href="/shows" className={buttonClass('secondary')}>
              {t('showAll')}
            </Link>
          }
        >
          {t('noneHelp')}
        </Empty>
      )}
      {page && page.items.length > 0 && <ShowGrid shows={page.items} />}
      {page?.nextCursor && (
        <nav aria-label={t('pages')} className="flex justify-center">
          <Link
            href={{ pathname: '/shows', query: { ...params, cursor: page.nextCursor } }}
            className={buttonClass('secondary')}
          >
            {t('more')}
          </Link>
        </nav>
      )}
    </div>
  );
}
