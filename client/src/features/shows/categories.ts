import type { Category } from '@/api/client';

export const CATEGORIES = [
  'concert',
  'sports',
  'theatre',
  'comedy',
  'festival',
  'family',
  'other',
] as const satisfies readonly Category[];

export function isCategory(text: string | undefined): text is Category {
  return CATEGORIES.some((category) => category === text);
}
