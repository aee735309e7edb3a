'use client';

import { useLocale, useTranslations } from 'next-intl';
import { useTheme } from 'next-themes';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { Skeleton } from '@/components/ui/skeleton';
import { type CardMessage, askForToken, cardFormUrl, heard } from './gateway';

export interface CardFrameHandle {
  /** Asks for a token; the answer comes by `onSaid`. */
  submit: () => void;
}

/** The gateway's own card form. */
export function CardFrame({
  onSaid,
  ref,
}: {
  onSaid: (message: CardMessage) => void;
  ref: Ref<CardFrameHandle>;
}) {
  const t = useTranslations('checkout');
  const locale = useLocale();
  const { resolvedTheme } = useTheme();
  const frame = useRef<HTMLIFrameElement>(null);
  const [isReady, setIsReady] = useState(false);

  useImperativeHandle(ref, () => ({
    submit: () => {
      if (frame.current) askForToken(frame.current);
    },
  }));
  useEffect(() => {
    const listen = (event: MessageEvent<unknown>) => {
      const message = heard(event, frame.current);
      if (!message || message.type === 'challenge.done') return;
      if (message.type === 'card.ready') setIsReady(true);
      onSaid(message);
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, [onSaid]);

  return (
    <div className="relative">
      {!isReady && <Skeleton className="absolute inset-0" />}
      <iframe
        ref={frame}
        title={t('cardForm')}
        src={cardFormUrl(locale, resolvedTheme ?? 'light')}
        className="h-64 w-full sm:h-56"
      />
    </div>
  );
}
