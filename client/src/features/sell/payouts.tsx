'use client';

import { useLocale, useTranslations } from 'next-intl';
import useSWR from 'swr';
import { type Payout, answered, api } from '@/api/client';
import { Badge } from '@/components/ui/badge';
import { Notice } from '@/components/ui/notice';
import { SkeletonList } from '@/components/ui/skeleton';
import { formatMoney } from '@/lib/money';
import { useRefusalText } from '@/lib/use-refusal-text';
import { formatMoment } from '@/lib/when';
import { Bars } from './bars';
import { byDay } from './proceeds';

const MOST = 100;
const TONES = { scheduled: 'accent', paid: 'plain', cancelled: 'bad' } as const;

/** What one is owed for what was sold, and when it came about. */
export function Payouts() {
  const t = useTranslations('sell.payouts');
  const locale = useLocale();
  const explain = useRefusalText();
  const { data, error } = useSWR<Payout[], unknown>('payouts', async () => {
    return (await answered(api.GET('/api/payouts', { params: { query: { limit: MOST } } }))).items;
  });
  if (error && !data) return <Notice tone="bad" title={explain(error)} />;
  if (!data) return <SkeletonList label={t('loading')} count={2} />;
  if (data.length === 0) return <p className="text-muted">{t('none')}</p>;
  const days = byDay(data, locale);
  return (
    <div className="space-y-5">
      {days.length > 1 && <Bars bars={days} label={t('chart')} />}
      <ul className="card divide-y divide-line">
        {data.map((payout) => (
          <li key={payout.id} className="flex items-center justify-between gap-4 p-4">
            <span>
              <time dateTime={payout.createdAt} className="block text-sm text-muted">
                {formatMoment(payout.createdAt, locale)}
              </time>
              <Badge tone={TONES[payout.status]}>{t(`status.${payout.status}`)}</Badge>
            </span>
            <span className="font-semibold">{formatMoney(payout.amount, locale)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
