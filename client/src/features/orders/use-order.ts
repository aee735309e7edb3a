'use client';

import useSWR from 'swr';
import { type Listing, type Order, type Payment, type Show, answered, api } from '@/api/client';

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
