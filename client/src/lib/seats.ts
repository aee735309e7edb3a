import type { components } from '@/api/schema';

type Schemas = components['schemas'];
type SplitRule = Schemas['SplitRule'];
type Offer = Pick<Schemas['ListingView'], 'splitRule' | 'seatsLeft'>;

/** How many seats one may buy at once, at most. */
const MOST_AT_ONCE = 12;

/**
 * How many seats of a listing one may choose: what its seller lets buyers divide, and never so that a single
 * seat is left. Orders decides; this keeps people from asking for what it would refuse.
 */
export function quantities({ splitRule, seatsLeft }: Offer): number[] {
  const all = Array.from({ length: Math.min(seatsLeft, MOST_AT_ONCE) }, (_, index) => index + 1);
  return all.filter((quantity) => isPossible(quantity, seatsLeft, splitRule));
}

function isPossible(quantity: number, left: number, rule: SplitRule): boolean {
  if (quantity === left) return true;
  if (left - quantity === 1) return false;
  switch (rule) {
    case 'any':
      return true;
    case 'pairs':
      return quantity % 2 === 0;
    case 'all_together':
      return false;
  }
}

/** What to offer first: a pair if that is possible, since most people go in twos. */
export function firstQuantity(possible: readonly number[]): number | undefined {
  return possible.includes(2) ? 2 : possible[0];
}
