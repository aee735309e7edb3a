'use client';

import { useLocale, useTranslations } from 'next-intl';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Order, answered, api } from '@/api/client';
import { Button, buttonClass } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { Skeleton, SkeletonList } from '@/components/ui/skeleton';
import { SignedIn } from '@/features/account/signed-in';
import { useLiveOrders } from '@/features/orders/use-live-orders';
import { useListing, useOrder, usePayments, useShow } from '@/features/orders/use-order';
import { idempotencyKey } from '@/lib/idempotency-key';
import { formatMoney } from '@/lib/money';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatWhen } from '@/lib/when';
import { CardFrame, type CardFrameHandle } from './card-frame';
import { Countdown } from './countdown';
import type { CardMessage } from './gateway';
import { stageOf } from './stage';

/** Few payments are asked about by a bank. */
const ChallengeDialog = dynamic(() => import('./challenge-dialog').then((module) => module.ChallengeDialog), {
  ssr: false,
});

export function Checkout({ id }: { id: string }) {
  return (
    <SignedIn>
      <OrderToPay id={id} />
    </SignedIn>
  );
}

function OrderToPay({ id }: { id: string }) {
  const t = useTranslations('checkout');
  const explain = useRefusalText();
  useLiveOrders();
  const { data: order, error, mutate } = useOrder(id);
  if (error && !order) return <Notice tone="bad" title={explain(error)} />;
  if (!order) return <SkeletonList label={t('loading')} count={3} />;
  return <Desk order={order} look={() => void mutate()} />;
}

function Desk({ order, look }: { order: Order; look: () => void }) {
  const t = useTranslations('checkout');
  const router = useRouter();
  const [isPaying, setIsPaying] = useState(false);
  const { data: payments, mutate } = usePayments(order.id, isPaying || order.status === 'awaiting_payment');
  const [challengeSeen, setChallengeSeen] = useState<string>();
  const stage = payments ? stageOf(order, payments) : undefined;
  const lookAgain = useCallback(() => {
    look();
    void mutate();
  }, [look, mutate]);

  useEffect(() => {
    if (stage?.at === 'bought') router.replace(`/orders/${order.id}?bought=1`);
  }, [stage?.at, router, order.id]);
  // What payments knows orders will know in a moment.
  useEffect(() => {
    if (stage?.at === 'waiting') {
      const timer = setInterval(look, 700);
      return () => clearInterval(timer);
    }
    return undefined;
  }, [stage?.at, look]);

  return (
    <div className="space-y-5">
      <Summary order={order} />
      <div aria-live="polite" className="space-y-5">
        {stage === undefined && <Skeleton className="h-64 w-full" />}
        {(stage?.at === 'pay' || stage?.at === 'challenge') && (
          <Countdown until={order.expiresAt} onOver={lookAgain} />
        )}
        {(stage?.at === 'waiting' || stage?.at === 'bought') && (
          <Notice tone="info" title={t('waiting')}>
            {t('waitingHelp')}
          </Notice>
        )}
        {stage?.at === 'over' && <Over order={order} why={stage.why} />}
      </div>
      {stage?.at === 'pay' && (
        <PayForm
          order={order}
          declineReason={stage.declined?.declineReason ?? undefined}
          onPaying={setIsPaying}
          onPaid={lookAgain}
        />
      )}
      {stage?.at === 'challenge' &&
        (challengeSeen === stage.url ? (
          <Notice
            tone="info"
            title={t('challenge.waiting')}
            action={
              <Button look="secondary" onClick={() => setChallengeSeen(undefined)}>
                {t('challenge.open')}
              </Button>
            }
          />
        ) : (
          <ChallengeDialog
            url={stage.url}
            onDone={() => {
              setChallengeSeen(stage.url);
              lookAgain();
            }}
          />
        ))}
    </div>
  );
}

function Summary({ order }: { order: Order }) {
  const t = useTranslations('checkout');
  const locale = useLocale();
  const { data: show } = useShow(order.showId);
  const { data: listing } = useListing(order.listingId);
  const count = order.seats.length;
  const each = { ...order.total, amountCents: order.total.amountCents / count };
  return (
    <section aria-label={t('summary')} className="card space-y-3 p-5">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          {show ? (
            <>
              <h2 className="text-lg font-semibold">{show.title}</h2>
              <p className="text-sm text-muted">
                {show.venue.name}, {show.venue.city}
                <br />
                {formatWhen(show.startsAt, show.venue.timeZone, locale)}
              </p>
            </>
          ) : (
            <Skeleton className="h-16 w-56" />
          )}
        </div>
        <div className="text-right">
          <p className="font-display text-xl font-bold">{formatMoney(order.total, locale)}</p>
          <p className="text-sm text-muted">{t('total')}</p>
        </div>
      </div>
      <p className="border-t border-line pt-3 text-sm">
        {listing?.section} {listing?.row ? `· ${t('row', { row: listing.row })}` : ''} ·{' '}
        {listing?.admission === 'general'
          ? t('places', { count })
          : t('seats', { count, seats: order.seats.join(', ') })}
        <span className="block text-muted">{t('each', { price: formatMoney(each, locale) })}</span>
      </p>
    </section>
  );
}

function PayForm({
  order,
  declineReason,
  onPaying,
  onPaid,
}: {
  order: Order;
  declineReason: string | undefined;
  onPaying: (isPaying: boolean) => void;
  onPaid: () => void;
}) {
  const t = useTranslations('checkout');
  const declines = useTranslations('declines');
  const locale = useLocale();
  const router = useRouter();
  const explain = useRefusalText();
  const card = useRef<CardFrameHandle>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  // A token is good for one payment: asking again after silence is asking once.
  const [key] = useState(idempotencyKey);

  const pay = useCallback(
    async (token: string) => {
      onPaying(true);
      try {
        await answered(
          api.POST('/api/payments', {
            params: { header: { 'Idempotency-Key': key.of(token) } },
            body: { orderId: order.id, paymentMethod: token },
          }),
        );
        key.forget();
      } catch (error) {
        setTrouble(explain(error));
        key.forgetIfAnswered(error);
      } finally {
        setIsBusy(false);
        onPaying(false);
        onPaid();
      }
    },
    [order.id, key, onPaying, onPaid, explain],
  );
  const said = useCallback(
    (message: CardMessage) => {
      switch (message.type) {
        case 'card.ready':
          return;
        case 'card.token':
          void pay(message.token);
          return;
        case 'card.invalid':
          setIsBusy(false);
          return;
        case 'card.unavailable':
          setIsBusy(false);
          setTrouble(t('gatewayAway'));
          return;
      }
    },
    [pay, t],
  );
  const submit = () => {
    setTrouble(undefined);
    setIsBusy(true);
    const token = key.unanswered();
    if (token === undefined) card.current?.submit();
    else void pay(token);
  };
  const cancel = async () => {
    setIsBusy(true);
    try {
      await answered(api.POST('/api/orders/{id}/cancel', { params: { path: { id: order.id } } }));
      router.push(`/shows/${order.showId}`);
    } catch (error) {
      setTrouble(explain(error));
      setIsBusy(false);
      onPaid();
    }
  };

  return (
    <section aria-label={t('payment')} className="card space-y-4 p-5">
      <h2 className="text-lg font-semibold">{t('payment')}</h2>
      {declineReason && !isBusy && (
        <Notice tone="bad" title={t('declined')}>
          {declines.has(declineReason as never)
            ? declines(declineReason as never)
            : declines('card_declined')}
        </Notice>
      )}
      {trouble && <Notice tone="bad" title={trouble} />}
      <CardFrame ref={card} onSaid={said} />
      <p className="text-sm text-muted">{t('tokenised')}</p>
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-between">
        <Button look="quiet" onClick={() => void cancel()} disabled={isBusy}>
          {t('release')}
        </Button>
        <Button onClick={submit} disabled={isBusy} aria-busy={isBusy}>
          {isBusy ? t('paying') : t('pay', { total: formatMoney(order.total, locale) })}
        </Button>
      </div>
    </section>
  );
}

function Over({ order, why }: { order: Order; why: 'expired' | 'cancelled' | 'payment_failed' }) {
  const t = useTranslations('checkout.over');
  return (
    <Notice
      tone="warn"
      title={t(`${why}.title`)}
      action={
        <Link href={`/shows/${order.showId}`} className={buttonClass('secondary')}>
          {t('back')}
        </Link>
      }
    >
      {t(`${why}.help`)}
    </Notice>
  );
}
