import { defineConfig } from '@playwright/test';

/**
 * The journeys of people, in a real browser on the real system: `cargo xtask test browser` starts both and
 * says here where they are.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.STAGEDOOR_ORIGIN ?? 'http://stagedoor.localhost:8080',
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Debian's Chromium has no sandbox for root; the pages are ours.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
  },
});
