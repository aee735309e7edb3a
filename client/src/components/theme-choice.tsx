'use client';

import { useTranslations } from 'next-intl';
import { useTheme } from 'next-themes';
import { useSyncExternalStore } from 'react';

const THEMES = ['system', 'light', 'dark'] as const;

const never = () => () => {};

/** Which theme was chosen is known in the browser only. */
export function ThemeChoice() {
  const t = useTranslations('site.theme');
  const { theme, setTheme } = useTheme();
  const isInBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return (
    <label className="flex items-center gap-2">
      {t('label')}
      <select
        className="min-h-9 rounded-lg border border-edge bg-surface px-2 text-ink"
        value={isInBrowser ? theme : 'system'}
        onChange={(event) => setTheme(event.target.value)}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {t(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
