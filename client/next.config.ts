import createNextIntlPlugin from 'next-intl/plugin';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // A directory that runs with node alone: what the image of the client holds.
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: true,
  // The ingress compresses, for the client and the services alike.
  compress: false,
};

export default createNextIntlPlugin('./src/i18n/request.ts')(config);
