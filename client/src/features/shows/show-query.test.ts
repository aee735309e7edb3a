import { expect, test } from 'vitest';
import { queryOf } from './show-query';

test('an address is a query', () => {
  expect(
    queryOf({
      q: ' hamlet ',
      category: 'theatre',
      from: '2027-01-01',
      to: '2027-01-31',
      onSale: '1',
      sort: 'cheapest',
    }),
  ).toEqual({
    limit: 24,
    q: 'hamlet',
    category: 'theatre',
    from: '2027-01-01T00:00:00Z',
    to: '2027-01-31T23:59:59Z',
    onSale: true,
    sort: 'cheapest',
  });
});

test('what makes no sense is left out', () => {
  expect(
    queryOf({ q: ' ', category: 'circus', from: 'soon', to: '2027-13-45', sort: 'random', city: ['a', 'b'] }),
  ).toEqual({ limit: 24 });
});
