import { expect, test } from 'vitest';
import type { Order, Payment } from '@/api/client';
import { stageOf } from './stage';

const order = (status: Order['status'], more: Partial<Order> = {}) => ({ status, ...more }) as Order;
const payment = (status: Payment['status'], more: Partial<Payment> = {}) => ({ status, ...more }) as Payment;

test('an unpaid order is to be paid', () => {
  expect(stageOf(order('awaiting_payment'), [])).toEqual({ at: 'pay', declined: undefined });
});

test('after a refusal of the bank one may try again, and is told why', () => {
  const declined = payment('declined', { declineReason: 'insufficient_funds' });
  expect(stageOf(order('awaiting_payment'), [declined])).toEqual({ at: 'pay', declined });
});

test('only the newest payment counts', () => {
  expect(stageOf(order('awaiting_payment'), [payment('authorizing'), payment('declined')])).toEqual({
    at: 'waiting',
  });
});

test('a payment that the buyer has to confirm leads to the bank', () => {
  const asked = payment('authorizing', {
    nextAction: { type: 'authenticate', url: '/sandbox/v1/challenges/x' },
  });
  expect(stageOf(order('awaiting_payment'), [asked])).toEqual({
    at: 'challenge',
    url: '/sandbox/v1/challenges/x',
  });
});

test('an order that is over says why', () => {
  expect(stageOf(order('expired'), [])).toEqual({ at: 'over', why: 'expired' });
  expect(stageOf(order('cancelled', { cancelReason: 'payment_failed' }), [])).toEqual({
    at: 'over',
    why: 'payment_failed',
  });
  expect(stageOf(order('cancelled', { cancelReason: 'by_buyer' }), [])).toEqual({
    at: 'over',
    why: 'cancelled',
  });
});

test('what is paid is bought', () => {
  expect(stageOf(order('confirmed'), [payment('authorized')])).toEqual({ at: 'waiting' });
  expect(stageOf(order('completed'), [payment('captured')])).toEqual({ at: 'bought' });
});
