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

const withTexts = createNextIntlPlugin({
  requestConfig: './src/i18n/request.ts',
  experimental: {
    // Texts are taken apart when the client is built: no browser loads what does that.
    messages: { path: './messages', format: 'json', locales: 'infer', precompile: true },
  },
});

export default withTexts(config);
