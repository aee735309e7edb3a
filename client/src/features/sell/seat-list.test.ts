import { expect, test } from 'vitest';
import { parseSeats } from './seat-list';

test('seats are typed one by one or as a range', () => {
  expect(parseSeats('12-15, 20')).toEqual(['12', '13', '14', '15', '20']);
  expect(parseSeats('A1; A2')).toEqual(['A1', 'A2']);
});

test('what is no list of seats is refused', () => {
  for (const wrong of ['', ' , ', '5-3', '1-400', '7, 7', 'seat number one', '1-51']) {
    expect(parseSeats(wrong), wrong).toBeUndefined();
  }
});
