'use client';

import { useLocale, useTranslations } from 'next-intl';
import Link from 'next/link';
import useSWRInfinite from 'swr/infinite';
import { type OrderInList, answered, api } from '@/api/client';
import { Button, buttonClass } from '@/components/ui/button';
import { Empty } from '@/components/ui/empty';
import { Notice } from '@/components/ui/notice';
import { Skeleton, SkeletonList } from '@/components/ui/skeleton';
import { formatMoney } from '@/lib/money';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatWhen } from '@/lib/when';
import { OrderStatusBadge } from './order-status';
import { useLiveOrders } from './use-live-orders';
import { type OrderPage, orderPageKey, useShow } from './use-order';

const PAGE = 20;

/** One's own orders, the newest first. */
export function OrderList() {
  const t = useTranslations('orders');
  const explain = useRefusalText();
  useLiveOrders();
  const { data, error, size, setSize, isValidating } = useSWRInfinite<OrderPage, unknown>(
    orderPageKey,
    (key: string) => {
      const cursor = key.split(' ')[1];
      return answered(
        api.GET('/api/orders', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } }),
      );
    },
  );
  if (error && !data) return <Notice tone="bad" title={explain(error)} />;
  if (!data) return <SkeletonList label={t('loading')} />;
  const orders = data.flatMap((page) => page.items);
  if (orders.length === 0) {
    return (
      <Empty
        title={t('none')}
        action={
          <Link href="/shows" className={buttonClass()}>
            {t('find')}
          </Link>
        }
      >
        {t('noneHelp')}
      </Empty>
    );
  }
  return (
    <div className="space-y-4">
      <ul className="space-y-3">
        {orders.map((order) => (
          <li key={order.id}>
            <OrderRow order={order} />
          </li>
        ))}
      </ul>
      {data.at(-1)?.nextCursor && (
        <Button look="secondary" disabled={isValidating} onClick={() => void setSize(size + 1)}>
          {t('more')}
        </Button>
      )}
    </div>
  );
}

function OrderRow({ order }: { order: OrderInList }) {
  const t = useTranslations('orders');
  const locale = useLocale();
  const { data: show } = useShow(order.showId);
  const href = order.status === 'awaiting_payment' ? `/checkout/${order.id}` : `/orders/${order.id}`;
  return (
    <Link
      href={href as never}
      className="card flex items-center justify-between gap-3 p-4 hover:border-accent"
    >
      <span className="min-w-0">
        {show ? (
          <>
            <span className="block font-semibold">{show.title}</span>
            <span className="block text-sm text-muted">
              {formatWhen(show.startsAt, show.venue.timeZone, locale)} · {show.venue.name}
            </span>
          </>
        ) : (
          <Skeleton className="h-11 w-52" />
        )}
        <span className="block text-sm text-muted">{t('seats', { count: order.seats.length })}</span>
      </span>
      <span className="shrink-0 space-y-1 text-right">
        <span className="block font-semibold">{formatMoney(order.total, locale)}</span>
        <OrderStatusBadge status={order.status} />
      </span>
    </Link>
  );
}
