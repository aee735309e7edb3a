'use client';

import { useLocale, useTranslations } from 'next-intl';
import { useRouter } from 'next/navigation';
import { LOCALES, LOCALE_COOKIE } from '@/i18n/locales';

const YEAR_SECS = 31_536_000;

export function LanguageChoice() {
  const t = useTranslations('site');
  const locale = useLocale();
  const router = useRouter();
  const choose = (chosen: string) => {
    void cookieStore
      .set({
        name: LOCALE_COOKIE,
        value: chosen,
        path: '/',
        sameSite: 'lax',
        expires: Date.now() + YEAR_SECS * 1000,
      })
      .then(() => router.refresh());
  };
  return (
    <label className="flex items-center gap-2">
      {t('language')}
      <select
        className="min-h-9 rounded-lg border border-edge bg-surface px-2 text-ink"
        value={locale}
        onChange={(event) => choose(event.target.value)}
      >
        {LOCALES.map((name) => (
          <option key={name} value={name} lang={name}>
            {new Intl.DisplayNames(name, { type: 'language' }).of(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
