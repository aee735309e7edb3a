import { expect, test } from 'vitest';
import { nextPath } from './next-path';

test('a page of ours is where one lands', () => {
  expect(nextPath('/checkout/1?a=b#c')).toBe('/checkout/1?a=b#c');
});

test('nobody is led elsewhere', () => {
  for (const wrong of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
    null,
    undefined,
  ]) {
    expect(nextPath(wrong)).toBe('/');
  }
});
