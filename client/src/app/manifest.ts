import type { MetadataRoute } from 'next';

export default function manifest(): MetadataRoute.Manifest {
  return {
    name: 'Stagedoor',
    short_name: 'Stagedoor',
    start_url: '/orders',
    display: 'standalone',
    background_color: '#faf8f5',
    theme_color: '#7a1f5c',
    icons: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
  };
}
