import { expect, test } from './fixtures';
import { putOnSale } from './people';

const MOST_BYTES = 150_000;

test('the page of a show loads little script', async ({ page }) => {
  const { show, listing } = await putOnSale();
  const loading: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    if (request.resourceType() !== 'script') return;
    loading.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(`/shows/${show.id}`, { waitUntil: 'networkidle' });
  await expect(page.getByRole('listitem').filter({ hasText: listing.section })).toBeVisible();
  const sizes = await Promise.all(loading);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  process.stdout.write(`the page of a show loads ${bytes} bytes of script in ${sizes.length} files\n`);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
