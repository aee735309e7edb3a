'use client';

import { Search } from 'lucide-react';
import { useTranslations } from 'next-intl';
import Form from 'next/form';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import useSWR from 'swr';
import { answered, api } from '@/api/client';

const SHORTEST = 2;

/** Search as one types. Without scripts it is a form that leads to the list of shows. */
export function SearchBox() {
  const t = useTranslations('search');
  const router = useRouter();
  const id = useId();
  const [text, setText] = useState('');
  const [isOpen, setIsOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const wanted = useDeferredValue(text.trim());
  const { data: found = [] } = useSWR(
    isOpen && wanted.length >= SHORTEST ? `suggestions ${wanted}` : null,
    async () =>
      (await answered(api.GET('/api/shows/suggestions', { params: { query: { q: wanted } } }))).items,
    { keepPreviousData: true, shouldRetryOnError: false, revalidateOnFocus: false },
  );
  const shown = isOpen && wanted.length >= SHORTEST ? found : [];

  const go = (index: number) => {
    const suggestion = shown[index];
    if (!suggestion) return;
    setIsOpen(false);
    setAt(-1);
    if (suggestion.showId) router.push(`/shows/${suggestion.showId}`);
    else router.push(`/shows?q=${encodeURIComponent(suggestion.text)}`);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        if (shown.length === 0) return;
        event.preventDefault();
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setAt((at + step + shown.length + (at < 0 && step < 0 ? 1 : 0)) % shown.length);
        return;
      }
      case 'Enter':
        if (at >= 0) {
          event.preventDefault();
          go(at);
        }
        return;
      case 'Escape':
        setIsOpen(false);
        setAt(-1);
        return;
      default:
    }
  };

  return (
    <Form action="/shows" role="search" className="relative">
      <label htmlFor={`${id}-input`} className="sr-only">
        {t('label')}
      </label>
      <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-5 text-muted" />
      <input
        id={`${id}-input`}
        name="q"
        type="search"
        maxLength={100}
        placeholder={t('placeholder')}
        className="input pl-10"
        autoComplete="off"
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setIsOpen(true);
          setAt(-1);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setIsOpen(false)}
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={t('label')}
        hidden={shown.length === 0}
        className="card absolute inset-x-0 top-full z-40 mt-1 overflow-hidden p-1.5 shadow-lg"
      >
        {shown.map((suggestion, index) => (
          <li
            key={`${suggestion.kind} ${suggestion.text} ${suggestion.showId ?? ''}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className="flex min-h-11 cursor-pointer items-center justify-between gap-3 rounded-lg px-3 hover:bg-sunken aria-selected:bg-sunken"
            // Before the field loses the focus and the list closes.
            onMouseDown={(event) => {
              event.preventDefault();
              go(index);
            }}
          >
            <span className="truncate">{suggestion.text}</span>
            <span className="shrink-0 text-xs text-muted">
              {suggestion.city ?? t(`kind.${suggestion.kind}`)}
            </span>
          </li>
        ))}
      </ul>
    </Form>
  );
}
