import { afterEach, expect, test, vi } from 'vitest';
import { forgetTime, learnTime, serverNow } from './server-clock';

afterEach(() => {
  forgetTime();
  vi.useRealTimers();
});

function at(text: string): number {
  vi.useFakeTimers();
  vi.setSystemTime(new Date(text));
  return Date.now();
}

test('a browser whose clock is wrong by an hour still knows what time it is', () => {
  const now = at('2027-01-01T13:00:00Z');
  learnTime('Fri, 01 Jan 2027 12:00:00 GMT', now - 20, now);
  expect(Math.abs(serverNow() - Date.parse('2027-01-01T12:00:00Z'))).toBeLessThan(1_000);
});

test('an answer that took long does not blur what a quick one told', () => {
  const now = at('2027-01-01T12:00:00Z');
  learnTime('Fri, 01 Jan 2027 12:00:00 GMT', now - 10, now);
  const known = serverNow();
  learnTime('Fri, 01 Jan 2027 12:00:01 GMT', now - 3_000, now);
  expect(serverNow()).toBe(known);
});

test('when the clock of the browser is set, it is learnt anew', () => {
  const now = at('2027-01-01T12:00:00Z');
  learnTime('Fri, 01 Jan 2027 12:00:00 GMT', now - 10, now);
  const later = at('2027-01-01T18:00:00Z');
  learnTime('Fri, 01 Jan 2027 12:00:05 GMT', later - 40, later);
  expect(Math.abs(serverNow() - Date.parse('2027-01-01T12:00:05Z'))).toBeLessThan(1_000);
});

test('what is no date teaches nothing', () => {
  const now = at('2027-01-01T12:00:00Z');
  learnTime(null, now - 10, now);
  learnTime('soon', now - 10, now);
  expect(serverNow()).toBe(now);
});
