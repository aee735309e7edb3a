import { expect, test } from 'vitest';
import { dateParts, formatLeft, formatWhen } from './when';

test('a show begins when it begins at its venue, wherever one reads it', () => {
  expect(formatWhen('2027-01-01T01:30:00Z', 'America/New_York', 'en')).toContain('Dec 31, 2026');
  expect(dateParts('2027-01-01T01:30:00Z', 'Europe/Berlin', 'de').day).toBe('1');
});

test('what is left of a hold is told in minutes and seconds, rounded up', () => {
  expect(formatLeft(15 * 60_000)).toBe('15:00');
  expect(formatLeft(59_001)).toBe('1:00');
  expect(formatLeft(1)).toBe('0:01');
  expect(formatLeft(-5_000)).toBe('0:00');
});
