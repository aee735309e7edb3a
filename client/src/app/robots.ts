import type { MetadataRoute } from 'next';

/** The origin is known when the server starts, and not when it is built. */
export const dynamic = 'force-dynamic';

export default function robots(): MetadataRoute.Robots {
  const origin = process.env.PUBLIC_ORIGIN ?? 'http://stagedoor.localhost:8080';
  return {
    rules: { userAgent: '*', allow: '/', disallow: ['/api/', '/account', '/checkout/', '/orders', '/sell'] },
    sitemap: `${origin}/sitemap.xml`,
  };
}
