import { expect, test } from 'vitest';
import type { Listing } from '@/api/client';
import { layOut, sections } from './section-map';

function listing(section: string, amountCents: number, seatsLeft = 2): Listing {
  return { section, seatsLeft, total: { amountCents, currency: 'EUR' } } as Listing;
}

const price = (one: Listing) => one.total.amountCents;

test('a section tells how many seats it has and what the cheapest costs', () => {
  const [only] = sections([listing('Floor', 9000), listing('Floor', 7000, 3)], price);
  expect(only).toEqual({ name: 'Floor', seatsLeft: 5, fromCents: 7000, heat: 1 });
});

test('sections are in the order that people count in', () => {
  const names = sections([listing('Block 10', 1), listing('Block 9', 1)], price).map(({ name }) => name);
  expect(names).toEqual(['Block 9', 'Block 10']);
});

test('the cheapest is coolest and the dearest warmest', () => {
  const heats = sections(
    [1, 2, 3, 4, 5].map((cents) => listing(`S${cents}`, cents)),
    price,
  ).map(({ heat }) => heat);
  expect(heats).toEqual([1, 2, 3, 4, 5]);
});

test('every section has a place of its own on the map', () => {
  const all = sections(
    Array.from({ length: 25 }, (_, index) => listing(`S${index}`, 1000 + index)),
    price,
  );
  const { pieces, viewBox } = layOut(all);
  const [left, top, width, height] = viewBox.split(' ').map(Number) as [number, number, number, number];
  expect(pieces).toHaveLength(25);
  expect(new Set(pieces.map(({ path }) => path)).size).toBe(25);
  for (const { x, y } of pieces) {
    expect(x).toBeGreaterThan(left);
    expect(x).toBeLessThan(left + width);
    expect(y).toBeGreaterThan(top);
    expect(y).toBeLessThan(height);
  }
});
