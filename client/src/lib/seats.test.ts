import { expect, test } from 'vitest';
import { firstQuantity, quantities } from './seats';

test('no single seat is ever left', () => {
  expect(quantities({ splitRule: 'any', seatsLeft: 4 })).toEqual([1, 2, 4]);
  expect(quantities({ splitRule: 'any', seatsLeft: 2 })).toEqual([2]);
  expect(quantities({ splitRule: 'any', seatsLeft: 1 })).toEqual([1]);
  expect(quantities({ splitRule: 'any', seatsLeft: 0 })).toEqual([]);
});

test('the rule of the seller is kept', () => {
  expect(quantities({ splitRule: 'pairs', seatsLeft: 6 })).toEqual([2, 4, 6]);
  expect(quantities({ splitRule: 'pairs', seatsLeft: 3 })).toEqual([3]);
  expect(quantities({ splitRule: 'all_together', seatsLeft: 5 })).toEqual([5]);
});

test('a pair is offered first', () => {
  expect(firstQuantity([1, 2, 4])).toBe(2);
  expect(firstQuantity([3])).toBe(3);
  expect(firstQuantity([])).toBeUndefined();
});
