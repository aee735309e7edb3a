import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { follow } from './event-stream';

class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static readonly all: Stream[] = [];
  readyState = 0;
  constructor(readonly url: string) {
    super();
    Stream.all.push(this);
  }
  close() {
    this.readyState = Stream.CLOSED;
  }
  end() {
    this.close();
    this.dispatchEvent(new Event('error'));
  }
}

const latest = () => Stream.all.at(-1) as Stream;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Stream);
  vi.stubGlobal('window', new EventTarget());
  Stream.all.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what is told reaches who asked for it', () => {
  const heard: unknown[] = [];
  follow('/events', { listing: (data) => heard.push(data) });
  latest().dispatchEvent(new MessageEvent('listing', { data: '{"id":"l"}' }));
  latest().dispatchEvent(new MessageEvent('other', { data: '{}' }));
  expect(heard).toEqual([{ id: 'l' }]);
});

test('a stream that a server has ended is asked for again, less and less often', () => {
  const told: string[] = [];
  follow('/events', {}, (liveness) => told.push(liveness));
  for (const waitMillis of [1_000, 2_000, 4_000]) {
    latest().end();
    const before = Stream.all.length;
    vi.advanceTimersByTime(waitMillis - 1);
    expect(Stream.all).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(Stream.all).toHaveLength(before + 1);
  }
  latest().dispatchEvent(new Event('open'));
  expect(told).toEqual(['away', 'away', 'away', 'live']);
});

test('a stream that a browser reconnects by itself is left to it', () => {
  follow('/events', {});
  latest().dispatchEvent(new Event('error'));
  vi.advanceTimersByTime(60_000);
  expect(Stream.all).toHaveLength(1);
});

test('without a network nothing is asked for, and once it is back everything is', () => {
  const told: string[] = [];
  const stop = follow('/events', {}, (liveness) => told.push(liveness));
  window.dispatchEvent(new Event('offline'));
  expect(latest().readyState).toBe(Stream.CLOSED);
  vi.advanceTimersByTime(60_000);
  expect(Stream.all).toHaveLength(1);
  window.dispatchEvent(new Event('online'));
  expect(Stream.all).toHaveLength(2);
  stop();
  expect(latest().readyState).toBe(Stream.CLOSED);
  window.dispatchEvent(new Event('online'));
  expect(Stream.all).toHaveLength(2);
  expect(told).toEqual(['away']);
});
