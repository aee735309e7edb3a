import type { Order, Payment } from '@/api/client';

/** Where a purchase stands, from what the services say alone: so a reload is at the same place. */
export type Stage =
  | { at: 'pay'; declined: Payment | undefined }
  | { at: 'challenge'; url: string }
  | { at: 'waiting' }
  | { at: 'bought' }
  | { at: 'over'; why: 'expired' | 'cancelled' | 'payment_failed' };

/** Finds it out from the order and its payments, the newest first. */
export function stageOf(order: Order, payments: readonly Payment[]): Stage {
  switch (order.status) {
    case 'completed':
    case 'refunding':
    case 'refunded':
      return { at: 'bought' };
    case 'expired':
      return { at: 'over', why: 'expired' };
    case 'cancelled':
      return { at: 'over', why: order.cancelReason === 'payment_failed' ? 'payment_failed' : 'cancelled' };
    case 'confirmed':
      return { at: 'waiting' };
    case 'awaiting_payment':
      return awaiting(payments[0]);
  }
}

function awaiting(newest: Payment | undefined): Stage {
  switch (newest?.status) {
    case undefined:
    case 'failed':
    case 'voided':
    case 'refunded':
      return { at: 'pay', declined: undefined };
    case 'declined':
      return { at: 'pay', declined: newest };
    case 'authorizing':
      return newest.nextAction ? { at: 'challenge', url: newest.nextAction.url } : { at: 'waiting' };
    case 'authorized':
    case 'capturing':
    case 'captured':
    case 'voiding':
    case 'refunding':
      return { at: 'waiting' };
  }
}
