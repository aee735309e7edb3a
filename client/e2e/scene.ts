import { type Show, Person, announceShow } from './people';

const DAY_MILLIS = 86_400_000;

/** What is on elsewhere: title, kind, who is on stage, venue, city, time zone, days from now. */
const OTHERS = [
  ['Hamlet', 'theatre', 'Ada Low', 'Globe', 'London', 'Europe/London', 12],
  ['Harbour City v. Old Town', 'sports', 'Harbour City', 'Nordstadion', 'Hamburg', 'Europe/Berlin', 17],
  ['An Evening with Ben High', 'comedy', 'Ben High', 'Olympia', 'Dublin', 'Europe/Dublin', 26],
  ['Summer on the Meadow', 'festival', 'Many Voices', 'Elbwiesen', 'Dresden', 'Europe/Berlin', 190],
  ['The Paper Moon', 'family', 'Moonlight Puppets', 'Studio 2', 'Vienna', 'Europe/Vienna', 9],
] as const;

/** What is on sale for the show that people look at: section, row, seats, price, how it may be divided. */
const OFFERS = [
  ['Stalls', 'C', 4, 8900, 'any'],
  ['Stalls', 'M', 6, 7200, 'pairs'],
  ['Dress circle', 'A', 2, 11500, 'all_together'],
  ['Dress circle', 'F', 4, 6400, 'any'],
  ['Upper circle', 'B', 4, 4550, 'any'],
  ['Upper circle', 'H', 8, 3800, 'any'],
  ['Balcony', 'D', 2, 2900, 'all_together'],
] as const;

export interface Scene {
  show: Show;
  /** Sells most of what is on sale, and has sold some of it. */
  seller: Person;
}

/** A marketplace on an ordinary day: several shows, seats of some on sale, some of them sold. */
export async function setScene(): Promise<Scene> {
  const inDays = (days: number) =>
    new Date(Math.ceil(Date.now() / DAY_MILLIS + days) * DAY_MILLIS - DAY_MILLIS / 6)
      .toISOString()
      .replace('.000Z', 'Z');
  const [seller, buyer] = await Promise.all([Person.signUp(), Person.signUp('Kim Example')]);
  for (const [title, category, performer, name, city, timeZone, days] of OTHERS) {
    const venue = { name, city, timeZone };
    const about = { title, category, performers: [performer], venue, startsAt: inDays(days) };
    const other = await announceShow(about);
    await seller.sell(other.id, {
      section: 'Block 12',
      price: { amountCents: 3900 + 100 * days, currency: 'EUR' },
    });
  }
  const show = await announceShow({
    title: 'The Understudies: Second Night',
    performers: ['The Understudies', 'Ada Low'],
    startsAt: inDays(5),
  });
  for (const [section, row, count, amountCents, splitRule] of OFFERS) {
    const seats = Array.from({ length: count }, (_, index) => String(index + 5));
    const listing = await seller.sell(show.id, {
      section,
      row,
      seats,
      splitRule,
      price: { amountCents, currency: 'EUR' },
    });
    if (count === 4) await buyer.buy(listing, 2);
  }
  return { show, seller };
}
