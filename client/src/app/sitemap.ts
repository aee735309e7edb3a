import type { MetadataRoute } from 'next';
import { listShows } from '@/api/server';

/** The next hundred shows; the pages of the list lead to all others. */
export const dynamic = 'force-dynamic';

export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  const origin = process.env.PUBLIC_ORIGIN ?? 'http://stagedoor.localhost:8080';
  const page = await listShows({ limit: 100 });
  return [
    { url: `${origin}/`, changeFrequency: 'hourly' },
    { url: `${origin}/shows`, changeFrequency: 'hourly' },
    ...(page?.items ?? []).map((show) => ({
      url: `${origin}/shows/${show.id}`,
      changeFrequency: 'hourly' as const,
    })),
  ];
}
