'use client';

import { useLocale, useTranslations } from 'next-intl';
import Link from 'next/link';
import { useState } from 'react';
import useSWR, { mutate } from 'swr';
import { type Listing, answered, api } from '@/api/client';
import { Badge } from '@/components/ui/badge';
import { Button, buttonClass } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { Dialog } from '@/components/ui/dialog';
import { Empty } from '@/components/ui/empty';
import { Field } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { Skeleton, SkeletonList } from '@/components/ui/skeleton';
import { useShow } from '@/features/orders/use-order';
import { formatMoney, parseCents } from '@/lib/money';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatWhen } from '@/lib/when';

const KEY = 'my listings';
const MOST = 100;

/** Reads the listings anew. An answer that is still under way may not know what has just changed: it counts no more. */
export function rereadMyListings(): void {
  void mutate(KEY);
}

/** One's own listings: what is left, and what can be done with each. */
export function MyListings() {
  const t = useTranslations('sell.mine');
  const explain = useRefusalText();
  const { data, error } = useSWR<Listing[], unknown>(KEY, async () => {
    const query = { sellerId: 'me', limit: MOST };
    return (await answered(api.GET('/api/listings', { params: { query } }))).items;
  });
  if (error && !data) return <Notice tone="bad" title={explain(error)} />;
  if (!data) return <SkeletonList label={t('loading')} />;
  if (data.length === 0) {
    return (
      <Empty
        title={t('none')}
        action={
          <Link href="/sell/new" className={buttonClass()}>
            {t('start')}
          </Link>
        }
      >
        {t('noneHelp')}
      </Empty>
    );
  }
  return (
    <ul className="space-y-3">
      {data.map((listing) => (
        <li key={listing.id}>
          <Row listing={listing} />
        </li>
      ))}
    </ul>
  );
}

function Row({ listing }: { listing: Listing }) {
  const t = useTranslations('sell.mine');
  const locale = useLocale();
  const { data: show } = useShow(listing.showId);
  const [asked, setAsked] = useState<'price' | 'withdraw'>();
  const sold = listing.seats.length - listing.seatsLeft;
  const isOnSale = listing.status === 'active' && listing.seatsLeft > 0;
  return (
    <article className="card space-y-3 p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          {show ? (
            <>
              <h3 className="font-semibold">{show.title}</h3>
              <p className="text-sm text-muted">{formatWhen(show.startsAt, show.venue.timeZone, locale)}</p>
            </>
          ) : (
            <Skeleton className="h-11 w-52" />
          )}
          <p className="text-sm text-muted">
            {listing.section} {listing.row ? `· ${t('row', { row: listing.row })}` : ''}
          </p>
        </div>
        <div className="shrink-0 space-y-1 text-right">
          <p className="font-semibold">{t('each', { price: formatMoney(listing.price, locale) })}</p>
          {listing.status === 'withdrawn' ? (
            <Badge>{t('withdrawn')}</Badge>
          ) : (
            <Badge tone={isOnSale ? 'accent' : 'plain'}>
              {t('sold', { sold, all: listing.seats.length })}
            </Badge>
          )}
        </div>
      </div>
      {isOnSale && (
        <div className="flex flex-wrap gap-2">
          <Button look="secondary" onClick={() => setAsked('price')}>
            {t('editPrice')}
          </Button>
          <Button look="quiet" onClick={() => setAsked('withdraw')}>
            {t('withdraw')}
          </Button>
        </div>
      )}
      {asked === 'price' && <PriceDialog listing={listing} onClose={() => setAsked(undefined)} />}
      {asked === 'withdraw' && <WithdrawDialog listing={listing} onClose={() => setAsked(undefined)} />}
    </article>
  );
}

interface Asking {
  listing: Listing;
  onClose: () => void;
}

function PriceDialog({ listing, onClose }: Asking) {
  const t = useTranslations('sell.mine');
  const fields = useTranslations('fields');
  const explain = useRefusalText();
  const [text, setText] = useState((listing.price.amountCents / 100).toFixed(2));
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const save = async () => {
    const amountCents = parseCents(text);
    if (!amountCents) {
      setError(fields('price'));
      return;
    }
    setIsBusy(true);
    try {
      const price = { amountCents, currency: listing.price.currency };
      await answered(
        api.PATCH('/api/listings/{id}', { params: { path: { id: listing.id } }, body: { price } }),
      );
      rereadMyListings();
      onClose();
    } catch (refusal) {
      setError(explain(refusal));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('editPrice')}
      description={t('editPriceHelp')}
      closeLabel={t('close')}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={t('newPrice', { currency: listing.price.currency })}
          inputMode="decimal"
          value={text}
          error={error}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" className="w-full" disabled={isBusy} aria-busy={isBusy}>
          {t('save')}
        </Button>
      </form>
    </Dialog>
  );
}

function WithdrawDialog({ listing, onClose }: Asking) {
  const t = useTranslations('sell.mine');
  return (
    <ConfirmDialog
      title={t('withdrawTitle')}
      description={t('withdrawHelp')}
      noLabel={t('keep')}
      yesLabel={t('withdraw')}
      closeLabel={t('close')}
      onClose={onClose}
      onYes={async () => {
        await answered(api.POST('/api/listings/{id}/withdraw', { params: { path: { id: listing.id } } }));
        rereadMyListings();
      }}
    />
  );
}
