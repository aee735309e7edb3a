'use client';

import { useLocale, useTranslations } from 'next-intl';
import { useTheme } from 'next-themes';
import { useEffect, useRef } from 'react';
import { Dialog } from '@/components/ui/dialog';
import { heard } from './gateway';

/** The bank's own page, where the buyer confirms the payment (3-D Secure). */
export function ChallengeDialog({ url, onDone }: { url: string; onDone: () => void }) {
  const t = useTranslations('checkout.challenge');
  const locale = useLocale();
  const { resolvedTheme } = useTheme();
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const listen = (event: MessageEvent<unknown>) => {
      if (heard(event, frame.current)?.type === 'challenge.done') onDone();
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, [onDone]);
  const query = new URLSearchParams({ locale, theme: resolvedTheme ?? 'light' });
  return (
    <Dialog
      open
      onOpenChange={() => onDone()}
      title={t('title')}
      description={t('why')}
      closeLabel={t('later')}
    >
      <iframe
        ref={frame}
        title={t('title')}
        src={`${url}?${query.toString()}`}
        className="h-56 w-full sm:h-44"
      />
    </Dialog>
  );
}
