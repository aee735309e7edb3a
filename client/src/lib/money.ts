import type { components } from '@/api/schema';

export type Money = components['schemas']['Money'];

/** How many minor units one major unit has; every currency that the marketplace knows has a hundred. */
const MINOR_UNITS = 100;

/** An amount as people write it: whole amounts without cents. */
export function formatMoney({ amountCents, currency }: Money, locale: string): string {
  const whole = amountCents % MINOR_UNITS === 0;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: whole ? 0 : 2,
    maximumFractionDigits: 2,
  }).format(amountCents / MINOR_UNITS);
}

/** So many times the amount. */
export function times({ amountCents, currency }: Money, count: number): Money {
  return { amountCents: amountCents * count, currency };
}

/**
 * Reads an amount that somebody typed, with a point or a comma before the cents; undefined if it is none.
 * Never goes through a fraction: 19.99 is 1999.
 */
export function parseCents(text: string): number | undefined {
  const match = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(text.trim().replace(/\s/g, ''));
  if (!match) return undefined;
  return Number(match[1]) * MINOR_UNITS + Number((match[2] ?? '').padEnd(2, '0'));
}
