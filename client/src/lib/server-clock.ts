/**
 * The server's clock, as the `Date` of its answers tells it. A hold ends by the server's clock; that of the
 * browser may be anything.
 */

/** `Date` has whole seconds: on the average the answer was written half a second later. */
const HALF_A_SECOND = 500;

let offsetMillis: number | undefined;
let bestRoundTrip = Number.POSITIVE_INFINITY;

/** Learns from an answer; the one that was quickest knows best. */
export function learnTime(date: string | null, sentAt: number, receivedAt: number): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  const roundTrip = receivedAt - sentAt;
  if (Number.isNaN(server) || roundTrip < 0) return;
  const learnt = server + HALF_A_SECOND - (sentAt + receivedAt) / 2;
  // A step of the browser's own clock makes all that was learnt before worthless.
  const hasStepped = offsetMillis !== undefined && Math.abs(learnt - offsetMillis) > 5_000;
  if (offsetMillis !== undefined && !hasStepped && roundTrip > bestRoundTrip) return;
  offsetMillis = learnt;
  bestRoundTrip = roundTrip;
}

/** What time it is at the server. */
export function serverNow(): number {
  return Date.now() + (offsetMillis ?? 0);
}

/** For tests: as if no answer had come yet. */
export function forgetTime(): void {
  offsetMillis = undefined;
  bestRoundTrip = Number.POSITIVE_INFINITY;
}
