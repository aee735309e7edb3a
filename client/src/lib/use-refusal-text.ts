'use client';

import { type Messages, useTranslations } from 'next-intl';
import { Refusal } from '@/api/problem';

/** When nobody says how long to wait. */
const USUAL_PAUSE_SECS = 5;

type Code = keyof Messages['problems'];

/** What a refusal means and what to do next, in the reader's language. */
export function useRefusalText(): (error: unknown) => string {
  const t = useTranslations('problems');
  return (error) => {
    if (!(error instanceof Refusal)) return t('unknown');
    const seconds = error.retryAfterSecs ?? USUAL_PAUSE_SECS;
    if (t.has(error.code as Code)) return t(error.code as Code, { seconds });
    return error.status >= 500 ? t('unavailable') : error.message || t('unknown');
  };
}
