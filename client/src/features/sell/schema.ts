import { z } from 'zod';
import { parseCents } from '@/lib/money';
import { MOST_SEATS, parseSeats } from './seat-list';

/** What the seller types. The service has the same rules, and decides. */
export const offerSchema = z
  .object({
    section: z.string().trim().min(1, 'required').max(40, 'tooLong'),
    admission: z.enum(['numbered', 'general']),
    row: z.string().trim().max(20, 'tooLong'),
    seats: z.string().trim(),
    quantity: z.string().trim(),
    splitRule: z.enum(['any', 'pairs', 'all_together']),
    price: z.string().refine((text) => (parseCents(text) ?? 0) > 0, 'price'),
    currency: z.enum(['EUR', 'USD', 'GBP']),
  })
  .superRefine((offer, context) => {
    if (offer.admission === 'numbered' && !parseSeats(offer.seats)) {
      context.addIssue({ code: 'custom', path: ['seats'], message: 'seats' });
    }
    const count = /^\d{1,2}$/.test(offer.quantity) ? Number(offer.quantity) : 0;
    const places = offer.admission === 'numbered' ? (parseSeats(offer.seats)?.length ?? 0) : count;
    if (offer.splitRule === 'pairs' && places % 2 === 1) {
      context.addIssue({ code: 'custom', path: ['splitRule'], message: 'oddForPairs' });
    }
    if (offer.admission === 'general' && (count < 1 || count > MOST_SEATS)) {
      context.addIssue({ code: 'custom', path: ['quantity'], message: 'quantity' });
    }
  });

export type Offer = z.infer<typeof offerSchema>;

/** The offer as the service takes it. */
export function bodyOf(showId: string, offer: Offer) {
  return {
    showId,
    section: offer.section,
    splitRule: offer.splitRule,
    price: { amountCents: parseCents(offer.price) ?? 0, currency: offer.currency },
    ...(offer.admission === 'numbered'
      ? { seats: parseSeats(offer.seats) ?? [], ...(offer.row ? { row: offer.row } : {}) }
      : { quantity: Number(offer.quantity) }),
  };
}
