'use client';

import { Timer } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { serverNow } from '@/lib/server-clock';
import { formatLeft } from '@/lib/when';

const TICK_MILLIS = 250;
/** When those who hear the page are told how much is left, in seconds. */
const TOLD_AT = [600, 300, 120, 60, 30, 10];

/** How much of the hold is left, by the server's clock. */
export function Countdown({ until, onOver }: { until: string; onOver: () => void }) {
  const t = useTranslations('checkout');
  const end = Date.parse(until);
  const [left, setLeft] = useState<number>();

  useEffect(() => {
    const look = () => {
      const now = end - serverNow();
      setLeft(now);
      if (now <= 0) {
        clearInterval(timer);
        onOver();
      }
    };
    const timer = setInterval(look, TICK_MILLIS);
    look();
    // A tab in the background ticks seldom: look at once when it comes back.
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [end, onOver]);

  const secs = Math.ceil((left ?? 0) / 1000);
  const told = left === undefined ? undefined : TOLD_AT.findLast((at) => secs <= at);
  return (
    <div className="flex items-center gap-2 rounded-lg bg-warn-soft px-3 py-2 text-on-warn-soft">
      <Timer aria-hidden className="size-5" />
      <span className="text-sm font-semibold">{t('heldFor')}</span>
      <span role="timer" className="ml-auto font-display text-lg font-bold tabular-nums">
        {left === undefined ? '–:––' : formatLeft(left)}
      </span>
      <span aria-live="polite" className="sr-only">
        {told !== undefined && secs > 0 ? t('leftSpoken', { seconds: told }) : ''}
      </span>
    </div>
  );
}
