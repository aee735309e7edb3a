import { expect, test } from 'vitest';
import { bodyOf, offerSchema } from './schema';

const numbered = {
  section: 'Stalls',
  admission: 'numbered',
  row: 'C',
  seats: '3-4',
  quantity: '',
  splitRule: 'any',
  price: '45.50',
  currency: 'EUR',
} as const;

test('numbered seats are offered with their row', () => {
  expect(bodyOf('s', offerSchema.parse(numbered))).toEqual({
    showId: 's',
    section: 'Stalls',
    row: 'C',
    seats: ['3', '4'],
    splitRule: 'any',
    price: { amountCents: 4550, currency: 'EUR' },
  });
});

test('general admission is a number of places and has no row', () => {
  const general = offerSchema.parse({ ...numbered, admission: 'general', quantity: '4', seats: '', row: '' });
  expect(bodyOf('s', general)).not.toHaveProperty('row');
  expect(bodyOf('s', general)).toMatchObject({ quantity: 4 });
});

test('each mistake is told beside its own field', () => {
  const fields = (offer: object) =>
    offerSchema
      .safeParse({ ...numbered, ...offer })
      .error?.issues.map((issue) => [issue.path[0], issue.message]);
  expect(fields({ seats: '4-3' })).toEqual([['seats', 'seats']]);
  expect(fields({ admission: 'general', quantity: '51' })).toEqual([['quantity', 'quantity']]);
  expect(fields({ seats: '3-5', splitRule: 'pairs' })).toEqual([['splitRule', 'oddForPairs']]);
  expect(fields({ price: 'free' })).toEqual([['price', 'price']]);
  expect(fields({ section: ' ' })).toEqual([['section', 'required']]);
});
