/** As many seats as one listing may have. */
export const MOST_SEATS = 50;

/** What a seat may be called. */
const SEAT = /^[A-Za-z0-9-]{1,8}$/;
const RANGE = /^(\d{1,4})\s*[-–]\s*(\d{1,4})$/;

/**
 * Reads the seats that somebody typed: `12-15, 20` is five seats. `undefined` when it is no list of seats, or
 * one that names a seat twice.
 */
export function parseSeats(text: string): string[] | undefined {
  const parts = text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter(Boolean);
  const seats = parts.flatMap((part) => expand(part) ?? [undefined]);
  if (seats.length === 0 || seats.length > MOST_SEATS || new Set(seats).size !== seats.length)
    return undefined;
  return seats.every((seat): seat is string => seat !== undefined && SEAT.test(seat)) ? seats : undefined;
}

function expand(part: string): string[] | undefined {
  const range = RANGE.exec(part);
  if (!range) return SEAT.test(part) ? [part] : undefined;
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (to < from || to - from >= MOST_SEATS) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}
