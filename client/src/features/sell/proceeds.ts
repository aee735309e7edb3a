import type { Payout } from '@/api/client';
import { formatMoney } from '@/lib/money';

/** One bar of the chart. */
export interface Bar {
  key: string;
  label: string;
  value: number;
  told: string;
}

/** How many days the chart shows. */
const DAYS = 14;

/** What was earned each day in the currency of most sales, without what was cancelled; the oldest day first. */
export function byDay(payouts: readonly Payout[], locale: string): Bar[] {
  const counted = payouts.filter((payout) => payout.status !== 'cancelled');
  const currency = mostFrequent(counted.map((payout) => payout.amount.currency));
  const sums = new Map<string, number>();
  for (const { amount, createdAt } of counted) {
    if (amount.currency !== currency) continue;
    const day = createdAt.slice(0, 10);
    sums.set(day, (sums.get(day) ?? 0) + amount.amountCents);
  }
  const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(-DAYS)
    .map(([key, value]) => ({
      key,
      label: format.format(new Date(`${key}T00:00:00Z`)),
      value,
      told: currency ? formatMoney({ amountCents: value, currency }, locale) : '',
    }));
}

function mostFrequent<T>(all: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}
