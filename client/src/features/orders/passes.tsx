'use client';

import { Printer } from 'lucide-react';
import { useTranslations } from 'next-intl';
import useSWR from 'swr';
import { type Order, type Pass, answered, api } from '@/api/client';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { useRefusalText } from '@/lib/use-refusal-text';
import { QrCode } from './qr-code';

const AGAIN_MILLIS = 1_000;

/** The passes of an order with their codes; each code is asked for by itself, for the holder alone. */
async function passesOf(orderId: string): Promise<Pass[]> {
  const { items } = await answered(api.GET('/api/passes', { params: { query: { orderId, limit: 100 } } }));
  const whole = items.map((pass) =>
    answered(api.GET('/api/passes/{id}', { params: { path: { id: pass.id } } })),
  );
  return Promise.all(whole);
}

/** They are issued a moment after the order is completed, and void a moment after it is refunded. */
function isAsExpected(order: Order, passes: readonly Pass[]): boolean {
  switch (order.status) {
    case 'completed':
      return passes.length === order.seats.length;
    case 'refunding':
    case 'refunded':
      return passes.every((pass) => !pass.code);
    case 'awaiting_payment':
    case 'confirmed':
    case 'cancelled':
    case 'expired':
      return true;
  }
}

export function Passes({ order, where }: { order: Order; where: string }) {
  const t = useTranslations('passes');
  const explain = useRefusalText();
  const { data: passes, error } = useSWR<Pass[], unknown>(`passes of ${order.id}`, () => passesOf(order.id), {
    refreshInterval: (known) => (known && isAsExpected(order, known) ? 0 : AGAIN_MILLIS),
  });
  if (error && !passes) return <Notice tone="bad" title={explain(error)} />;
  if (!passes || (order.status === 'completed' && passes.length === 0))
    return <SkeletonList label={t('loading')} count={1} />;
  if (passes.length === 0) return null;
  return (
    <section aria-labelledby="passes" className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="passes" className="text-xl font-bold">
          {t('title')}
        </h2>
        <Button look="secondary" className="no-print" onClick={() => window.print()}>
          <Printer aria-hidden className="size-5" />
          {t('print')}
        </Button>
      </div>
      <ul className="grid gap-4 sm:grid-cols-2">
        {passes.map((pass) => (
          <li key={pass.id} className="card break-inside-avoid space-y-3 p-5">
            <p className="font-semibold">
              {where} {t('seat', { seat: pass.seat })}
            </p>
            {pass.code ? (
              <QrCode text={pass.code} label={t('code', { seat: pass.seat })} />
            ) : (
              <p className="text-muted">{t('void')}</p>
            )}
          </li>
        ))}
      </ul>
      <p className="no-print text-sm text-muted">{t('offline')}</p>
    </section>
  );
}
