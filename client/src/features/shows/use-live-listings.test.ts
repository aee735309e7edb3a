import { expect, test } from 'vitest';
import type { Listing } from '@/api/client';
import { keepOnly, merge } from './use-live-listings';

const state = (version: number, seatsLeft: number) => ({ id: 'l', version, seatsLeft }) as Listing;

test('an older state never replaces a newer one, and the same version may have other seats left', () => {
  let known = merge(new Map(), state(2, 4));
  known = merge(known, state(1, 8));
  expect(known.get('l')?.seatsLeft).toBe(4);
  known = merge(known, state(2, 3));
  expect(known.get('l')?.seatsLeft).toBe(3);
});

test('what was not told again is gone', () => {
  const known = merge(merge(new Map(), state(1, 4)), { ...state(1, 2), id: 'other' });
  expect([...keepOnly(known, new Set(['other'])).keys()]).toEqual(['other']);
});
