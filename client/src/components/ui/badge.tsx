import clsx from 'clsx';
import type { ReactNode } from 'react';

const TONES = {
  plain: 'bg-sunken text-ink',
  accent: 'bg-accent-soft text-on-accent-soft',
  warn: 'bg-warn-soft text-on-warn-soft',
  bad: 'bg-danger-soft text-on-danger-soft',
} as const;

export function Badge({ tone = 'plain', children }: { tone?: keyof typeof TONES; children: ReactNode }) {
  return (
    <span
      className={clsx(
        'inline-flex items-center gap-1 rounded-full px-2.5 py-0.5 text-xs font-semibold',
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
