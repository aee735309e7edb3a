import { readFile } from 'node:fs/promises';
import { expect, test } from './fixtures';
import { arriveAt, buyHere, hold, putOnSale } from './people';

test('an order that nobody wants any more frees its seats', async ({ page }) => {
  const { show, seller, listing } = await putOnSale();
  await arriveAt(page, `/shows/${show.id}`);
  await hold(page, listing.section, 2);
  await expect(page).toHaveURL(/\/checkout\//);
  await expect.poll(() => seller.seatsLeft(listing)).toBe(2);
  const list = await page.context().newPage();
  await list.goto('/orders');
  const order = list.getByRole('listitem').filter({ hasText: show.title });
  await expect(order).toContainText('Held for you');
  await page.getByRole('button', { name: 'Release the seats' }).click();
  await expect(page).toHaveURL(`/shows/${show.id}`);
  await expect(page.getByRole('listitem').filter({ hasText: listing.section })).toContainText('4 left');
  // The other tab hears of it by itself.
  await expect(order).toContainText('Cancelled');
});

test('a purchase goes into the calendar, and back to the seller of seats', async ({ page }) => {
  const { show, seller, listing } = await putOnSale();
  await buyHere(page, listing);

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Add to calendar' }).click();
  const calendar = await readFile(await (await downloading).path(), 'utf8');
  expect(calendar).toContain('BEGIN:VEVENT');
  expect(calendar.replaceAll('\r\n ', '')).toContain(show.title);

  await page.getByRole('button', { name: 'Ask for a refund' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Give them back' }).click();
  await expect(page.getByText('Refunded', { exact: true })).toBeVisible();
  await expect(page.getByText('Given back to visa •••• 4242')).toBeVisible();
  await expect(page.getByText('This pass is void.')).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Ask for a refund' })).toBeHidden();
  await expect.poll(() => seller.seatsLeft(listing)).toBe(4);
});
