import { expect, test } from 'vitest';
import { formatMoney, parseCents, times } from './money';

test('money is written as the language writes it, whole amounts without cents', () => {
  expect(formatMoney({ amountCents: 12500, currency: 'EUR' }, 'en')).toBe('€125');
  expect(formatMoney({ amountCents: 12550, currency: 'EUR' }, 'de')).toBe('125,50\u00a0€');
  expect(formatMoney(times({ amountCents: 1999, currency: 'USD' }, 2), 'en')).toBe('$39.98');
});

test('what is typed is read to the cent', () => {
  expect(parseCents('19.99')).toBe(1999);
  expect(parseCents(' 19,9 ')).toBe(1990);
  expect(parseCents('120')).toBe(12000);
  for (const wrong of ['', '-1', '1.999', 'abc', '1e3', '1.', '12345678']) {
    expect(parseCents(wrong), wrong).toBeUndefined();
  }
});
