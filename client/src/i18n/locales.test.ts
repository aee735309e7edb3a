import { expect, test } from 'vitest';
import { negotiate } from './locales';

test('the best language that there are texts for is chosen', () => {
  expect(negotiate('de-AT,de;q=0.9,en;q=0.8')).toBe('de');
  expect(negotiate('fr-FR,fr;q=0.9,de;q=0.4,en;q=0.5')).toBe('en');
});

test('whoever asks for nothing that there is gets English', () => {
  expect(negotiate('fr')).toBe('en');
  expect(negotiate(null)).toBe('en');
  expect(negotiate(';;q=x,')).toBe('en');
});
