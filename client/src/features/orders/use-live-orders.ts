'use client';

import { useEffect } from 'react';
import { mutate } from 'swr';
import type { Order } from '@/api/client';
import { follow } from '@/lib/event-stream';
import { rereadOrders } from './use-order';

/** Hears of each change of one's own orders, so that a page shows it at once. Without it pages look by themselves. */
export function useLiveOrders(): void {
  useEffect(() => {
    const hear = (data: unknown) => {
      const order = data as Order;
      const keepNewest = (known: Order | undefined) =>
        known && known.version > order.version ? known : order;
      void mutate(`order ${order.id}`, keepNewest, { revalidate: false });
      void mutate(`payments of ${order.id}`);
      rereadOrders();
    };
    return follow('/api/orders/mine/events', { order: hear });
  }, []);
}
