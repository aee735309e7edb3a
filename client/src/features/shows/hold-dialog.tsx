'use client';

import { useLocale, useTranslations } from 'next-intl';
import { usePathname, useRouter } from 'next/navigation';
import { useState } from 'react';
import { type Listing, answered, api } from '@/api/client';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Choice } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { useUser } from '@/features/account/use-user';
import { idempotencyKey } from '@/lib/idempotency-key';
import { formatMoney, times } from '@/lib/money';
import { firstQuantity, quantities } from '@/lib/seats';
import { useRefusalText } from '@/lib/use-refusal-text';

/** Chooses how many seats of a listing, and holds them. */
export function HoldDialog({
  listing,
  party,
  onClose,
}: {
  listing: Listing;
  party: number;
  onClose: () => void;
}) {
  const t = useTranslations('show.hold');
  const locale = useLocale();
  const router = useRouter();
  const path = usePathname();
  const { user } = useUser();
  const explain = useRefusalText();
  const possible = listing.status === 'active' ? quantities(listing) : [];
  const [wanted, setWanted] = useState(party);
  const [isHolding, setIsHolding] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const [key] = useState(idempotencyKey);
  const quantity = possible.includes(wanted) ? wanted : (firstQuantity(possible) ?? 0);
  const total = times(listing.total, quantity);

  async function hold() {
    if (!user) {
      router.push(`/sign-in?next=${encodeURIComponent(`${path}?listing=${listing.id}`)}`);
      return;
    }
    const wish = `${listing.id} ${quantity} ${listing.total.amountCents}`;
    setIsHolding(true);
    setRefusal(undefined);
    try {
      const order = await answered(
        api.POST('/api/orders', {
          params: { header: { 'Idempotency-Key': key.of(wish) } },
          body: { listingId: listing.id, quantity, expectedPriceCents: listing.total.amountCents },
        }),
      );
      router.push(`/checkout/${order.id}`);
    } catch (error) {
      setRefusal(error);
      setIsHolding(false);
      key.forgetIfAnswered(error);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={listing.section}
      description={listing.row ? t('where', { row: listing.row }) : t('general')}
      closeLabel={t('close')}
    >
      <div aria-live="polite">{possible.length === 0 && <Notice tone="warn" title={t('gone')} />}</div>
      {possible.length > 0 && (
        <>
          <Choice
            label={t('quantity')}
            hint={t(`rule.${listing.splitRule}`)}
            value={quantity}
            onChange={(event) => setWanted(Number(event.target.value))}
          >
            {possible.map((count) => (
              <option key={count} value={count}>
                {t('seats', { count })}
              </option>
            ))}
          </Choice>
          <div className="rounded-card bg-sunken p-4">
            <p className="flex items-baseline justify-between gap-4">
              <span className="font-semibold">{t('total')}</span>
              <span className="font-display text-xl font-bold">{formatMoney(total, locale)}</span>
            </p>
            <p className="text-sm text-muted">
              {t('breakdown', { count: quantity, price: formatMoney(listing.total, locale) })}
            </p>
            {listing.fees && (
              <details className="mt-2 text-sm">
                <summary className="cursor-pointer font-semibold">{t('fees')}</summary>
                <dl className="mt-1 grid grid-cols-[1fr_auto] gap-x-4 tabular-nums">
                  <dt>{t('sellerPrice')}</dt>
                  <dd className="text-right">{formatMoney(times(listing.price, quantity), locale)}</dd>
                  <dt>{t('buyerFee')}</dt>
                  <dd className="text-right">
                    {formatMoney(
                      times({ ...listing.price, amountCents: listing.fees.buyerFeeCents }, quantity),
                      locale,
                    )}
                  </dd>
                </dl>
              </details>
            )}
          </div>
          {refusal !== undefined && <Notice tone="bad" title={explain(refusal)} />}
          <Button className="w-full" onClick={() => void hold()} disabled={isHolding} aria-busy={isHolding}>
            {isHolding ? t('holding') : user ? t('hold') : t('signInFirst')}
          </Button>
          <p className="text-sm text-muted">{t('note')}</p>
        </>
      )}
    </Dialog>
  );
}
