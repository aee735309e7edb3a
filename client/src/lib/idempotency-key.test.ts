import { expect, test } from 'vitest';
import { Refusal, UNREACHABLE } from '@/api/problem';
import { idempotencyKey } from './idempotency-key';

test('a wish that nobody has answered keeps its key, and another one has another', () => {
  const key = idempotencyKey();
  const first = key.of('two seats');
  key.forgetIfAnswered(new Refusal({ code: UNREACHABLE, status: 0 }));
  key.forgetIfAnswered(new Refusal({ code: 'timeout', status: 504 }));
  expect(key.unanswered()).toBe('two seats');
  expect(key.of('two seats')).toBe(first);
  expect(key.of('three seats')).not.toBe(first);
});

test('after an answer the same wish is a new one', () => {
  const key = idempotencyKey();
  const first = key.of('two seats');
  key.forgetIfAnswered(new Refusal({ code: 'sold_out', status: 409 }));
  expect(key.unanswered()).toBeUndefined();
  expect(key.of('two seats')).not.toBe(first);
});
