'use client';

import { CalendarPlus } from 'lucide-react';
import { useLocale, useTranslations } from 'next-intl';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { type Order, answered, api } from '@/api/client';
import { Button, buttonClass } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { SignedIn } from '@/features/account/signed-in';
import { idempotencyKey } from '@/lib/idempotency-key';
import { formatMoney } from '@/lib/money';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatMoment, formatWhenThere } from '@/lib/when';
import { OrderStatusBadge } from './order-status';
import { Passes } from './passes';
import { useLiveOrders } from './use-live-orders';
import { useListing, useOrder, usePayments, useShow } from './use-order';

export function OrderPage({ id }: { id: string }) {
  return (
    <SignedIn>
      <OneOrder id={id} />
    </SignedIn>
  );
}

function OneOrder({ id }: { id: string }) {
  const t = useTranslations('orders');
  const explain = useRefusalText();
  useLiveOrders();
  const bought = useSearchParams().get('bought') === '1';
  const { data: order, error, mutate } = useOrder(id);
  const { data: listing } = useListing(order?.listingId);
  if (error && !order) return <Notice tone="bad" title={explain(error)} />;
  if (!order) return <SkeletonList label={t('loading')} count={3} />;
  const where = [listing?.section, listing?.row ? t('row', { row: listing.row }) : undefined]
    .filter(Boolean)
    .join(', ');
  return (
    <div className="space-y-8">
      {bought && order.status === 'completed' && (
        <Notice tone="good" title={t('bought')}>
          {t('boughtHelp')}
        </Notice>
      )}
      <Head order={order} />
      <Passes order={order} where={where} />
      <Story order={order} />
      <Actions order={order} onChanged={() => void mutate()} />
    </div>
  );
}

function Head({ order }: { order: Order }) {
  const t = useTranslations('orders');
  const locale = useLocale();
  const { data: show } = useShow(order.showId);
  return (
    <header className="space-y-3">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <h1 className="text-2xl font-bold">{show?.title ?? t('order')}</h1>
        <OrderStatusBadge status={order.status} />
      </div>
      {show && (
        <p className="text-muted">
          {formatWhenThere(show.startsAt, show.venue.timeZone, locale)}
          <br />
          {show.venue.name}, {show.venue.city}
        </p>
      )}
      <p>
        {t('seats', { count: order.seats.length })} · <strong>{formatMoney(order.total, locale)}</strong>
      </p>
      {order.status === 'completed' && (
        <a href={`/api/shows/${order.showId}/calendar.ics`} className={buttonClass('secondary', 'no-print')}>
          <CalendarPlus aria-hidden className="size-5" />
          {t('calendar')}
        </a>
      )}
      {order.status === 'awaiting_payment' && (
        <Link href={`/checkout/${order.id}`} className={buttonClass()}>
          {t('payNow')}
        </Link>
      )}
    </header>
  );
}

/** What happened to the order, from what is known of it and of its payments. */
function Story({ order }: { order: Order }) {
  const t = useTranslations('orders.story');
  const payments = useTranslations('payments');
  const locale = useLocale();
  const { data } = usePayments(order.id, false);
  const steps = [
    { at: order.createdAt, what: t('placed') },
    ...(data ?? []).map((payment) => ({
      at: payment.changedAt,
      what: payments(`status.${payment.status}`, {
        card: payment.card ? `${payment.card.brand} •••• ${payment.card.last4}` : payments('someCard'),
      }),
    })),
    ...(order.status === 'awaiting_payment' ? [] : [{ at: order.changedAt, what: t(order.status) }]),
  ].sort((one, other) => (one.at < other.at ? -1 : 1));
  return (
    <section aria-labelledby="story" className="no-print space-y-3">
      <h2 id="story" className="text-lg font-semibold">
        {t('title')}
      </h2>
      <ol className="space-y-2 border-l-2 border-line pl-4">
        {steps.map((step) => (
          <li key={`${step.at} ${step.what}`}>
            <span className="block">{step.what}</span>
            <time dateTime={step.at} className="text-sm text-muted">
              {formatMoment(step.at, locale)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Actions({ order, onChanged }: { order: Order; onChanged: () => void }) {
  const t = useTranslations('orders.refund');
  const { data: show } = useShow(order.showId);
  const [isAsking, setIsAsking] = useState(false);
  const [key] = useState(idempotencyKey);
  if (order.status !== 'completed' || !show) return null;

  const refund = async () => {
    const header = { 'Idempotency-Key': key.of(order.id) };
    try {
      await answered(api.POST('/api/orders/{id}/refund', { params: { path: { id: order.id }, header } }));
    } catch (error) {
      key.forgetIfAnswered(error);
      throw error;
    }
    onChanged();
  };

  return (
    <section className="no-print border-t border-line pt-6">
      <Button look="danger" onClick={() => setIsAsking(true)}>
        {t('ask')}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={t('title')}
          description={t('what')}
          noLabel={t('keep')}
          yesLabel={t('yes')}
          closeLabel={t('keep')}
          onClose={() => setIsAsking(false)}
          onYes={refund}
        />
      )}
    </section>
  );
}
