import { expect, test } from './fixtures';
import { arriveAt, hold, putOnSale } from './people';

test('a hold counts down by the clock of the server, comes back after leaving, and is over in the end', async ({
  page,
}) => {
  test.setTimeout(180_000);
  const { show, listing } = await putOnSale();
  // A browser whose clock is an hour ahead.
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await arriveAt(page, `/shows/${show.id}`);
  await hold(page, listing.section, 2);
  await expect(page.getByRole('timer')).toHaveText(/^(1:00|0:[1-5]\d)$/);

  await page.goto('/');
  await page.goto('/orders');
  await page.getByRole('listitem').filter({ hasText: show.title }).getByRole('link').click();
  await expect(page.getByRole('timer')).toHaveText(/^0:\d\d$/);

  await expect(page.getByText('The time to pay is over')).toBeVisible({ timeout: 90_000 });
  await page.getByRole('link', { name: 'See what is on sale' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: listing.section })).toContainText('4 left');
});
