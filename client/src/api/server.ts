import 'server-only';

import createClient from 'openapi-fetch';
import { cache } from 'react';
import type { ShowQuery } from '@/features/shows/show-query';
import type { paths } from './schema';

/** How old what is public may be when a page is made; what is on sale changes live in the browser. */
const FRESH_SECS = 5;
const TIMEOUT_MILLIS = 5_000;

/** tickets, straight from the server that makes the pages: only for what anybody may see. */
const tickets = createClient<paths>({
  baseUrl: process.env.TICKETS_URL ?? 'http://127.0.0.1:7102',
  fetch: (request: Request) =>
    fetch(request, { next: { revalidate: FRESH_SECS }, signal: AbortSignal.timeout(TIMEOUT_MILLIS) }),
});

/** A page of shows; `undefined` when tickets does not answer. */
export const listShows = cache(async (query: ShowQuery) => {
  const result = await tickets.GET('/api/shows', { params: { query } }).catch(() => undefined);
  return result?.data;
});

/** In which cities something is on sale, and of which kinds. */
export const getFacets = cache(async () => {
  const result = await tickets.GET('/api/shows/facets').catch(() => undefined);
  return result?.data;
});

/** A show: found, absent, or nobody knows. */
export const getShow = cache(async (id: string) => {
  const result = await tickets.GET('/api/shows/{id}', { params: { path: { id } } }).catch(() => undefined);
  if (!result) return 'unavailable' as const;
  if (result.data) return result.data;
  return result.response.status >= 500 ? ('unavailable' as const) : ('absent' as const);
});

/** What is on sale for a show, the cheapest first. */
export const listListings = cache(async (showId: string) => {
  const query = { showId, status: 'active' as const, minSeats: 1, limit: 100 };
  const result = await tickets.GET('/api/listings', { params: { query } }).catch(() => undefined);
  return result?.data?.items;
});
