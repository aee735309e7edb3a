import { expect, test } from 'vitest';
import type { Payout } from '@/api/client';
import { byDay } from './proceeds';

const payout = (day: string, amountCents: number, more: Partial<Payout> = {}) =>
  ({
    createdAt: `${day}T10:00:00Z`,
    status: 'scheduled',
    amount: { amountCents, currency: 'EUR' },
    ...more,
  }) as Payout;

test('the sales of a day are one bar, the oldest day first', () => {
  const bars = byDay(
    [payout('2026-11-03', 2000), payout('2026-11-02', 1000), payout('2026-11-03', 500)],
    'en',
  );
  expect(bars.map(({ label, told }) => [label, told])).toEqual([
    ['Nov 2', '€10'],
    ['Nov 3', '€25'],
  ]);
});

test('what was cancelled and what is in another currency does not count', () => {
  const bars = byDay(
    [
      payout('2026-11-03', 2000),
      payout('2026-11-03', 100),
      payout('2026-11-03', 9000, { status: 'cancelled' }),
      payout('2026-11-03', 7000, { amount: { amountCents: 7000, currency: 'USD' } }),
    ],
    'en',
  );
  expect(bars.map(({ value }) => value)).toEqual([2100]);
});
