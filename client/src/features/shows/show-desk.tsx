'use client';

import { useLocale, useTranslations } from 'next-intl';
import dynamic from 'next/dynamic';
import { useSearchParams } from 'next/navigation';
import { useMemo, useState } from 'react';
import type { Listing, Show } from '@/api/client';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Empty } from '@/components/ui/empty';
import { Notice } from '@/components/ui/notice';
import { formatMoney } from '@/lib/money';
import { quantities } from '@/lib/seats';
import { SeatMap } from './seat-map';
import { sections } from './section-map';
import { useLiveListings } from './use-live-listings';

/** Fetched when somebody comes close to an offer: to look around one does not need it. */
const loadHoldDialog = () => import('./hold-dialog').then((module) => module.HoldDialog);
// Whether that succeeds matters once the dialog opens.
const comeClose = () => void loadHoldDialog().catch(() => undefined);
const HoldDialog = dynamic(loadHoldDialog, { ssr: false });

const FEW = 2;
const FIRST_SHOWN = 25;

/** Where one chooses seats: the map, the list beside it, and both as they are now. */
export function ShowDesk({ show, first }: { show: Show; first: Listing[] }) {
  const t = useTranslations('show');
  const locale = useLocale();
  const asked = useSearchParams().get('listing');
  const { listings, liveness } = useLiveListings(show.id, first);
  const [section, setSection] = useState<string>();
  const [party, setParty] = useState(0);
  const [chosen, setChosen] = useState<string | undefined>(asked ?? undefined);
  const [shown, setShown] = useState(FIRST_SHOWN);

  const onSale = useMemo(
    () =>
      listings
        .filter((listing) => listing.status === 'active' && quantities(listing).length > 0)
        .sort(
          (one, other) => one.total.amountCents - other.total.amountCents || (one.id < other.id ? -1 : 1),
        ),
    [listings],
  );
  const map = useMemo(() => sections(onSale, (listing) => listing.total.amountCents), [onSale]);
  const fitting = onSale.filter(
    (listing) =>
      (section === undefined || listing.section === section) &&
      (party === 0 || quantities(listing).includes(party)),
  );
  const currency = onSale[0]?.total.currency ?? 'EUR';
  const dialogListing = listings.find((listing) => listing.id === chosen);

  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <section aria-label={t('map.label')} className="card self-start p-4 lg:sticky lg:top-24">
        {map.length > 0 ? (
          <SeatMap sections={map} currency={currency} chosen={section} onChoose={setSection} />
        ) : (
          <p className="p-8 text-center text-muted">{t('map.empty')}</p>
        )}
      </section>
      <section aria-label={t('list.label')} className="space-y-4">
        {liveness === 'away' && <Notice tone="warn" title={t('away')} />}
        <div className="flex flex-wrap items-end justify-between gap-3">
          <label className="text-sm font-semibold">
            {t('party.label')}
            <select
              className="input mt-1"
              value={party}
              onChange={(event) => setParty(Number(event.target.value))}
            >
              <option value={0}>{t('party.any')}</option>
              {[1, 2, 3, 4, 5, 6].map((count) => (
                <option key={count} value={count}>
                  {t('party.seats', { count })}
                </option>
              ))}
            </select>
          </label>
          {section !== undefined && (
            <Button look="secondary" onClick={() => setSection(undefined)}>
              {t('allSections')}
            </Button>
          )}
        </div>
        <p aria-live="polite" className="text-sm text-muted">
          {t('list.count', { count: fitting.length })}
        </p>
        {fitting.length === 0 ? (
          <Empty title={t(onSale.length === 0 ? 'list.soldOut' : 'list.noneFits')}>
            {t(onSale.length === 0 ? 'list.soldOutHelp' : 'list.noneFitsHelp')}
          </Empty>
        ) : (
          <ul className="space-y-2">
            {fitting.slice(0, shown).map((listing) => (
              <li key={listing.id}>
                <button
                  type="button"
                  onClick={() => setChosen(listing.id)}
                  onPointerEnter={comeClose}
                  onFocus={comeClose}
                  className="card flex w-full items-center justify-between gap-4 p-4 text-left hover:border-accent"
                >
                  <span className="min-w-0">
                    <span className="block font-semibold">{listing.section}</span>
                    <span className="block text-sm text-muted">
                      {listing.row ? t('list.row', { row: listing.row }) : t('list.general')} ·{' '}
                      {t(`splitRule.${listing.splitRule}`)}
                    </span>
                    <span className="mt-1 block">
                      <Badge tone={listing.seatsLeft <= FEW ? 'warn' : 'plain'}>
                        {t('list.left', { count: listing.seatsLeft })}
                      </Badge>
                    </span>
                  </span>
                  <span className="text-right">
                    <span className="block font-display text-lg font-bold">
                      {formatMoney(listing.total, locale)}
                    </span>
                    <span className="block text-xs text-muted">{t('list.each')}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {fitting.length > shown && (
          <Button look="secondary" className="w-full" onClick={() => setShown(shown + FIRST_SHOWN)}>
            {t('list.more')}
          </Button>
        )}
      </section>
      {dialogListing && (
        <HoldDialog
          key={dialogListing.id}
          listing={dialogListing}
          party={party}
          onClose={() => setChosen(undefined)}
        />
      )}
    </div>
  );
}
