import { useTranslations } from 'next-intl';
import { LanguageChoice } from './language-choice';
import { ThemeChoice } from './theme-choice';

export function Footer() {
  const t = useTranslations('site');
  return (
    <footer className="no-print border-t border-line bg-surface">
      <div className="mx-auto flex w-full max-w-6xl flex-wrap items-center justify-between gap-4 px-4 py-6 text-sm text-muted sm:px-6">
        <p className="max-w-prose">{t('promise')}</p>
        <div className="flex flex-wrap gap-4">
          <LanguageChoice />
          <ThemeChoice />
        </div>
      </div>
    </footer>
  );
}
