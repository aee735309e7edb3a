import type { Listing } from '@/api/client';

/** A section of the house with something on sale in it. */
export interface Section {
  name: string;
  seatsLeft: number;
  /** The lowest price per seat. */
  fromCents: number;
  /** 1 is the cheapest fifth of the sections, 5 the dearest. */
  heat: 1 | 2 | 3 | 4 | 5;
}

/** The sections that are on sale, in the order in which they stand around the stage. */
export function sections(listings: readonly Listing[], priceOf: (listing: Listing) => number): Section[] {
  const byName = new Map<string, { seatsLeft: number; fromCents: number }>();
  for (const listing of listings) {
    const known = byName.get(listing.section) ?? { seatsLeft: 0, fromCents: Number.POSITIVE_INFINITY };
    byName.set(listing.section, {
      seatsLeft: known.seatsLeft + listing.seatsLeft,
      fromCents: Math.min(known.fromCents, priceOf(listing)),
    });
  }
  const prices = [...byName.values()].map(({ fromCents }) => fromCents).sort((one, other) => one - other);
  return [...byName]
    .map(([name, { seatsLeft, fromCents }]) => ({
      name,
      seatsLeft,
      fromCents,
      heat: heat(fromCents, prices),
    }))
    .sort((one, other) => collator.compare(one.name, other.name));
}

const collator = new Intl.Collator('en', { numeric: true });

function heat(price: number, prices: readonly number[]): Section['heat'] {
  const cheaper = prices.filter((other) => other < price).length;
  const fifth = prices.length > 1 ? Math.round((4 * cheaper) / (prices.length - 1)) : 0;
  return (Math.min(fifth, 4) + 1) as Section['heat'];
}

/** A place on the map: a piece of a ring around the stage. */
export interface Piece {
  section: Section;
  path: string;
  x: number;
  y: number;
}

const [CENTRE_X, CENTRE_Y] = [300, 70];
const STAGE_HALF = 160;
const FIRST_RADIUS = 95;
const RING = 62;
const GAP = 6;
/** So many pieces are in the first ring; each further one has two more. */
const IN_FIRST_RING = 4;

/**
 * Draws the sections around the stage, the dearest nearest to it. Where exactly a section is in the house
 * nobody has told us: the map says what there is and what it costs, and its words say so.
 */
export function layOut(all: readonly Section[]): { pieces: Piece[]; viewBox: string } {
  const waiting = [...all].sort((one, other) => other.heat - one.heat);
  const pieces: Piece[] = [];
  let ring = 0;
  while (waiting.length > 0) {
    const here = waiting.splice(0, IN_FIRST_RING + 2 * ring);
    here.sort((one, other) => collator.compare(one.name, other.name));
    const inner = FIRST_RADIUS + ring * (RING + GAP);
    here.forEach((section, index) => pieces.push(piece(section, index, here.length, inner)));
    ring += 1;
  }
  // As narrow as what is on it, so that a telephone shows it as large as it can.
  const halfWidth = Math.max(STAGE_HALF, ...pieces.map(({ x }) => Math.abs(x - CENTRE_X) + RING));
  const height = CENTRE_Y + FIRST_RADIUS + ring * (RING + GAP) + 10;
  return { pieces, viewBox: `${CENTRE_X - halfWidth} 0 ${2 * halfWidth} ${height}` };
}

function piece(section: Section, index: number, count: number, inner: number): Piece {
  // From the left of the stage to its right, below it.
  const span = Math.min(160, 42 * count);
  const [from, to] = [index, index + 1].map((at) => 90 + span / 2 - (span * at) / count) as [number, number];
  const margin = (GAP / 2 / (inner + RING / 2)) * (180 / Math.PI);
  const [a, b] = [from - margin, to + margin];
  const outer = inner + RING;
  const path = [
    `M ${point(outer, a)}`,
    `A ${outer} ${outer} 0 0 0 ${point(outer, b)}`,
    `L ${point(inner, b)}`,
    `A ${inner} ${inner} 0 0 1 ${point(inner, a)}`,
    'Z',
  ].join(' ');
  const [x, y] = position(inner + RING / 2, (from + to) / 2);
  return { section, path, x, y };
}

function position(radius: number, degrees: number): [number, number] {
  const angle = (degrees * Math.PI) / 180;
  const round = (value: number) => Math.round(value * 10) / 10;
  return [round(CENTRE_X + radius * Math.cos(angle) * 1.35), round(CENTRE_Y + radius * Math.sin(angle))];
}

function point(radius: number, degrees: number): string {
  return position(radius, degrees).join(' ');
}
