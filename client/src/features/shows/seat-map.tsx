'use client';

import clsx from 'clsx';
import { useLocale, useTranslations } from 'next-intl';
import { type KeyboardEvent, useRef, useState } from 'react';
import { type Money, formatMoney } from '@/lib/money';
import { type Section, layOut } from './section-map';

/** The sections around the stage, coloured by price. The arrow keys move from one to the next. */
export function SeatMap({
  sections,
  currency,
  chosen,
  onChoose,
}: {
  sections: Section[];
  currency: Money['currency'];
  chosen: string | undefined;
  onChoose: (section: string | undefined) => void;
}) {
  const t = useTranslations('show.map');
  const locale = useLocale();
  const [at, setAt] = useState(0);
  const group = useRef<SVGGElement>(null);
  const { pieces, viewBox } = layOut(sections);

  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || pieces.length === 0) return;
    event.preventDefault();
    const next = (at + step + pieces.length) % pieces.length;
    setAt(next);
    group.current?.querySelectorAll<SVGElement>('[role="button"]')[next]?.focus();
  };
  const toggle = (name: string) => onChoose(name === chosen ? undefined : name);

  return (
    <figure>
      <svg viewBox={viewBox} className="mx-auto w-full max-w-2xl" role="group" aria-label={t('label')}>
        <rect
          x="200"
          y="20"
          width="200"
          height="56"
          rx="14"
          className="fill-sunken stroke-line"
          strokeWidth="2"
        />
        <text x="300" y="54" textAnchor="middle" className="fill-muted text-base font-semibold">
          {t('stage')}
        </text>
        <g ref={group} onKeyDown={move}>
          {pieces.map(({ section, path, x, y }, index) => (
            <g
              key={section.name}
              role="button"
              tabIndex={index === Math.min(at, pieces.length - 1) ? 0 : -1}
              aria-pressed={section.name === chosen}
              aria-label={t('section', {
                name: section.name,
                seats: section.seatsLeft,
                price: formatMoney({ amountCents: section.fromCents, currency }, locale),
              })}
              className={clsx('group outline-none', chosen && section.name !== chosen && 'opacity-45')}
              onFocus={() => setAt(index)}
              onClick={() => toggle(section.name)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' && event.key !== ' ') return;
                event.preventDefault();
                toggle(section.name);
              }}
            >
              <path
                d={path}
                className={clsx(
                  `heat-${section.heat}`,
                  'stroke-surface group-hover:opacity-85 group-focus-visible:stroke-ink',
                  section.name === chosen && 'stroke-ink',
                )}
                strokeWidth="4"
              />
              <text
                x={x}
                y={y - 2}
                textAnchor="middle"
                className="pointer-events-none fill-white text-xs font-semibold dark:fill-black"
              >
                {shorten(section.name)}
              </text>
              <text
                x={x}
                y={y + 15}
                textAnchor="middle"
                className="pointer-events-none fill-white text-xs dark:fill-black"
              >
                {formatMoney({ amountCents: section.fromCents, currency }, locale)}
              </text>
            </g>
          ))}
        </g>
      </svg>
      <figcaption className="mt-2 text-sm text-muted">{t('note')}</figcaption>
    </figure>
  );
}

/** As much of a name as fits into a piece. */
function shorten(name: string): string {
  const MOST = 13;
  return name.length > MOST ? `${name.slice(0, MOST - 1)}…` : name;
}
