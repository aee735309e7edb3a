import clsx from 'clsx';
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

type Tone = 'info' | 'good' | 'warn' | 'bad';

const TONES = {
  info: { look: 'bg-sunken text-ink', Icon: Info },
  good: { look: 'bg-accent-soft text-on-accent-soft', Icon: CircleCheck },
  warn: { look: 'bg-warn-soft text-on-warn-soft', Icon: TriangleAlert },
  bad: { look: 'bg-danger-soft text-on-danger-soft', Icon: CircleAlert },
} as const;

/** Something to know, and what to do about it. What is bad is told at once to those who only hear the page. */
export function Notice({
  tone = 'info',
  title,
  children,
  action,
}: {
  tone?: Tone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const { look, Icon } = TONES[tone];
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={clsx('flex gap-3 rounded-card p-4', look)}>
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="min-w-0 space-y-2">
        <p className="font-semibold">{title}</p>
        {children && <div className="text-sm">{children}</div>}
        {action}
      </div>
    </div>
  );
}
