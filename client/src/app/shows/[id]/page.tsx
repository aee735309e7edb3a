import { CalendarDays, MapPin } from 'lucide-react';
import type { Metadata } from 'next';
import { getLocale, getTranslations } from 'next-intl/server';
import { notFound } from 'next/navigation';
import { getShow, listListings } from '@/api/server';
import { Poster } from '@/components/poster';
import { Badge } from '@/components/ui/badge';
import { Notice } from '@/components/ui/notice';
import { ShowDesk } from '@/features/shows/show-desk';
import { formatWhenThere } from '@/lib/when';

interface Props {
  params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const show = await getShow((await params).id);
  if (typeof show === 'string') return {};
  const t = await getTranslations('show');
  const locale = await getLocale();
  const description = t('description', {
    title: show.title,
    venue: show.venue.name,
    city: show.venue.city,
    when: formatWhenThere(show.startsAt, show.venue.timeZone, locale),
  });
  return { title: show.title, description, alternates: { canonical: `/shows/${show.id}` } };
}

export default async function ShowPage({ params }: Props) {
  const { id } = await params;
  const t = await getTranslations('show');
  const locale = await getLocale();
  const [show, listings] = await Promise.all([getShow(id), listListings(id)]);
  if (show === 'absent') notFound();
  if (show === 'unavailable') {
    return (
      <div className="page">
        <Notice tone="bad" title={t('unavailable')} />
      </div>
    );
  }
  return (
    <>
      <header className="border-b border-line bg-sunken">
        <div className="page flex flex-col gap-5 sm:flex-row sm:items-center">
          <Poster
            id={show.id}
            category={show.category}
            className="h-28 w-full rounded-card sm:w-44 sm:shrink-0"
          />
          <div className="min-w-0 space-y-2">
            <p className="flex flex-wrap gap-2">
              <Badge tone="accent">{(await getTranslations('shows.category'))(show.category)}</Badge>
              {show.status === 'cancelled' && <Badge tone="bad">{t('calledOff')}</Badge>}
            </p>
            <h1 className="text-2xl font-bold">{show.title}</h1>
            {show.performers.length > 0 && <p className="text-muted">{show.performers.join(', ')}</p>}
            <p className="flex items-start gap-2 text-sm">
              <CalendarDays aria-hidden className="mt-0.5 size-4 shrink-0" />
              <time dateTime={show.startsAt}>
                {formatWhenThere(show.startsAt, show.venue.timeZone, locale)}
              </time>
            </p>
            <p className="flex items-start gap-2 text-sm">
              <MapPin aria-hidden className="mt-0.5 size-4 shrink-0" />
              {show.venue.name}, {show.venue.city}
            </p>
          </div>
        </div>
      </header>
      <div className="page">
        {show.status === 'cancelled' ? (
          <Notice tone="warn" title={t('calledOff')}>
            {t('calledOffHelp')}
          </Notice>
        ) : listings === undefined ? (
          <Notice tone="bad" title={t('unavailable')} />
        ) : (
          <ShowDesk show={show} first={listings} />
        )}
      </div>
    </>
  );
}
