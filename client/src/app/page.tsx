import { getTranslations } from 'next-intl/server';
import Link from 'next/link';
import { getFacets, listShows } from '@/api/server';
import { Empty } from '@/components/ui/empty';
import { Notice } from '@/components/ui/notice';
import { CATEGORIES } from '@/features/shows/categories';
import { ShowGrid } from '@/features/shows/show-card';

const SHOWN = 12;
const CITIES_SHOWN = 16;

export default async function Home() {
  const t = await getTranslations('home');
  const names = await getTranslations('shows.category');
  const [page, facets] = await Promise.all([listShows({ limit: SHOWN }), getFacets()]);
  return (
    <>
      <section className="border-b border-line bg-sunken">
        <div className="page space-y-4 py-10 md:py-16">
          <h1 className="max-w-2xl text-2xl font-bold md:text-5xl md:leading-tight">{t('heading')}</h1>
          <p className="max-w-xl text-lg text-muted">{t('lead')}</p>
          <nav aria-label={t('categories')}>
            <ul className="flex flex-wrap gap-2 pt-2">
              {CATEGORIES.map((category) => (
                <li key={category}>
                  <Link
                    href={`/shows?category=${category}`}
                    className="inline-flex min-h-11 items-center rounded-full border border-edge bg-surface px-4 font-semibold hover:border-accent hover:text-accent"
                  >
                    {names(category)}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </section>
      <section aria-labelledby="next" className="page space-y-6">
        <div className="flex items-baseline justify-between gap-4">
          <h2 id="next" className="text-xl font-bold">
            {t('next')}
          </h2>
          <Link href="/shows" className="link">
            {t('all')}
          </Link>
        </div>
        {page === undefined && <Notice tone="bad" title={t('unavailable')} />}
        {page?.items.length === 0 && <Empty title={t('nothing')}>{t('nothingHelp')}</Empty>}
        {page && page.items.length > 0 && <ShowGrid shows={page.items} />}
      </section>
      {facets && facets.cities.length > 0 && (
        <nav aria-labelledby="cities" className="page space-y-4">
          <h2 id="cities" className="text-xl font-bold">
            {t('cities')}
          </h2>
          <ul className="flex flex-wrap gap-2">
            {facets.cities.slice(0, CITIES_SHOWN).map(({ city, shows }) => (
              <li key={city}>
                <Link
                  href={{ pathname: '/shows', query: { city } }}
                  className="inline-flex min-h-11 items-center gap-2 rounded-full border border-edge bg-surface px-4 hover:border-accent hover:text-accent"
                >
                  {city} <span className="text-sm text-muted">{shows}</span>
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </>
  );
}
