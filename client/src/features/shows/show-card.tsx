import { useLocale, useTranslations } from 'next-intl';
import Link from 'next/link';
import type { Show } from '@/api/client';
import { Poster } from '@/components/poster';
import { Badge } from '@/components/ui/badge';
import { formatMoney } from '@/lib/money';
import { dateParts, formatWhen } from '@/lib/when';

/** A show in a list. */
export function ShowCard({ show }: { show: Show }) {
  const locale = useLocale();
  const t = useTranslations('shows');
  const date = dateParts(show.startsAt, show.venue.timeZone, locale);
  return (
    <Link
      href={`/shows/${show.id}`}
      className="card group flex flex-col overflow-hidden transition-shadow hover:shadow-lg focus-visible:shadow-lg"
    >
      <div className="relative">
        <Poster id={show.id} category={show.category} className="h-32 w-full" />
        <div className="absolute top-3 left-3 rounded-lg bg-surface px-2.5 py-1 text-center leading-tight">
          <span className="block text-xs font-semibold uppercase">{date.month}</span>
          <span className="block font-display text-lg font-bold">{date.day}</span>
        </div>
      </div>
      <div className="flex flex-1 flex-col gap-1 p-4">
        <h3 className="text-base leading-snug font-semibold group-hover:underline">{show.title}</h3>
        <p className="text-sm text-muted">
          {show.venue.name} · {show.venue.city}
        </p>
        <p className="text-sm text-muted">{formatWhen(show.startsAt, show.venue.timeZone, locale)}</p>
        <div className="mt-auto flex items-center justify-between gap-2 pt-2">
          {show.status === 'cancelled' ? (
            <Badge tone="bad">{t('calledOff')}</Badge>
          ) : (
            <Badge>{t(`category.${show.category}`)}</Badge>
          )}
          {show.status !== 'cancelled' && (
            <span className="text-right">
              <span className="block font-semibold">
                {show.cheapest
                  ? t('from', { price: formatMoney(show.cheapest, locale) })
                  : t('nothingOnSale')}
              </span>
              {show.seatsLeft > 0 && (
                <span className="block text-xs text-muted">{t('left', { count: show.seatsLeft })}</span>
              )}
            </span>
          )}
        </div>
      </div>
    </Link>
  );
}

export function ShowGrid({ shows }: { shows: Show[] }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      {shows.map((show) => (
        <li key={show.id} className="grid">
          <ShowCard show={show} />
        </li>
      ))}
    </ul>
  );
}
