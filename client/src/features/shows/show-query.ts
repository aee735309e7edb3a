import type { paths } from '@/api/schema';
import { isCategory } from './categories';

export type ShowQuery = NonNullable<paths['/api/shows']['get']['parameters']['query']>;
export type SortOrder = NonNullable<ShowQuery['sort']>;

export const SORTS = ['soonest', 'cheapest', 'seats', 'relevance'] as const satisfies readonly SortOrder[];

const PAGE = 24;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address asks for; whatever makes no sense is left out rather than refused. */
export function queryOf(params: Record<string, string | string[] | undefined>): ShowQuery {
  const text = (name: string) => {
    const value = params[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 100) : undefined;
  };
  const [q, category, city, cursor] = [text('q'), text('category'), text('city'), text('cursor')];
  const sort = SORTS.find((order) => order === text('sort'));
  const [from, to] = [dayStart(text('from')), dayEnd(text('to'))];
  return {
    limit: PAGE,
    ...(q ? { q } : {}),
    ...(isCategory(category) ? { category } : {}),
    ...(city ? { city } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(text('onSale') ? { onSale: true } : {}),
    ...(sort ? { sort } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

function dayStart(day: string | undefined): string | undefined {
  return day && DAY.test(day) && !Number.isNaN(Date.parse(day)) ? `${day}T00:00:00Z` : undefined;
}

function dayEnd(day: string | undefined): string | undefined {
  return day && DAY.test(day) && !Number.isNaN(Date.parse(day)) ? `${day}T23:59:59Z` : undefined;
}
