import { expect, test } from './fixtures';
import { announceShow } from './people';

test('what is on is there without scripts, for search engines and slow networks', async ({
  browser,
  baseURL,
}) => {
  const show = await announceShow();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${baseURL}/shows/${show.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(show.title);
  await context.close();
});

test('a kind of show leads to the list of its shows', async ({ page }) => {
  await announceShow();
  await page.goto('/');
  await page.getByRole('link', { name: 'Concert', exact: true }).click();
  await expect(page).toHaveURL(/category=concert/);
  await expect(page.getByLabel('Kind')).toHaveValue('concert');
});

test('every page has the policy that keeps strange scripts out', async ({ page }) => {
  const response = await page.goto('/');
  const policy = response?.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic'/);
  expect(policy).not.toContain('unsafe');
});

test.describe('what is not there', () => {
  test.use({ excused: /404/ });

  test('leads on', async ({ page }) => {
    const response = await page.goto('/shows/01939c5e-7d3b-7c1a-9f6e-2b8d4c6a1e35');
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeAttached();
  });
});
