'use client';

import { useTranslations } from 'next-intl';
import type { FieldError, FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { Refusal } from '@/api/problem';

/** Says what is wrong with a field: what our schema found has a text of its own, what the service found is its words. */
export function useFieldText(): (error: FieldError | undefined) => string | undefined {
  const t = useTranslations('fields');
  return (error) => {
    if (!error) return undefined;
    const message = error.message ?? '';
    return error.type !== 'server' && t.has(message as never)
      ? t(message as never)
      : message || t('required');
  };
}

/** Puts each part of a refusal beside the field that it is about; false if it is about no field of the form. */
export function showBesideFields<T extends FieldValues>(
  error: unknown,
  fields: readonly Path<T>[],
  setError: UseFormSetError<T>,
): boolean {
  if (!(error instanceof Refusal)) return false;
  let found = false;
  for (const [pointer, message] of error.errors) {
    const field = fields.find((name) => pointer === `/${name}` || pointer.startsWith(`/${name}/`));
    if (!field) continue;
    setError(field, { type: 'server', message }, { shouldFocus: !found });
    found = true;
  }
  return found;
}
