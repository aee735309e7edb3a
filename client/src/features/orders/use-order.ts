'use client';

import useSWR, { mutate } from 'swr';
import { unstable_serialize as listKey } from 'swr/infinite';
import {
  type Listing,
  type Order,
  type OrderInList,
  type Payment,
  type Show,
  answered,
  api,
} from '@/api/client';

/** How often one looks again while something is under way; the live stream is quicker when there is one. */
const UNDER_WAY_MILLIS = 1_000;
const HELD_MILLIS = 10_000;

/** An order as it is now, looked at again as long as something may happen to it. */
export function useOrder(id: string) {
  return useSWR<Order, unknown>(
    `order ${id}`,
    () => answered(api.GET('/api/orders/{id}', { params: { path: { id } } })),
    {
      refreshInterval: (order) => {
        switch (order?.status) {
          case 'confirmed':
          case 'refunding':
            return UNDER_WAY_MILLIS;
          case 'awaiting_payment':
            return HELD_MILLIS;
          default:
            return 0;
        }
      },
    },
  );
}

/** The payments of an order, the newest first. */
export function usePayments(orderId: string, isUnderWay: boolean) {
  return useSWR<Payment[], unknown>(
    `payments of ${orderId}`,
    async () =>
      (await answered(api.GET('/api/payments', { params: { query: { orderId, limit: 20 } } }))).items,
    { refreshInterval: isUnderWay ? UNDER_WAY_MILLIS : 0 },
  );
}

/** A show, which hardly ever changes. */
export function useShow(id: string | undefined) {
  return useSWR<Show, unknown>(id === undefined ? null : `show ${id}`, () =>
    answered(api.GET('/api/shows/{id}', { params: { path: { id: id ?? '' } } })),
  );
}

export function useListing(id: string | undefined) {
  return useSWR<Listing, unknown>(id === undefined ? null : `listing ${id}`, () =>
    answered(api.GET('/api/listings/{id}', { params: { path: { id: id ?? '' } } })),
  );
}

export interface OrderPage {
  items: OrderInList[];
  nextCursor?: string | null;
}

/** What a page of one's own orders is called in the cache, and what the cursor is read from. */
export function orderPageKey(index: number, before: OrderPage | null): string | null {
  if (index === 0) return 'orders';
  return before?.nextCursor ? `orders ${before.nextCursor}` : null;
}

/** Reads the list of one's own orders anew. An answer that is still under way may not know what has just changed. */
export function rereadOrders(): void {
  void mutate(listKey(orderPageKey));
}
