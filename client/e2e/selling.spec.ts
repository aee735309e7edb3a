import { expect, expectAccessible, test } from './fixtures';
import { announceShow, signUpHere } from './people';

test('a fan who cannot go puts seats on sale, changes the price and takes them off again', async ({
  page,
}) => {
  const show = await announceShow();
  await page.goto(`/sign-in?next=${encodeURIComponent(`/sell/new?show=${show.id}`)}`);
  await signUpHere(page);
  await expectAccessible(page);

  await page.getByLabel('Section').fill('Stalls');
  await page.getByLabel('Row').fill('D');
  await page.getByLabel('Seats', { exact: true }).fill('12-1');
  await page.getByLabel('Price of each seat').fill('45,50');
  await page.getByRole('button', { name: 'Put on sale' }).click();
  await expect(page.getByText('These are no seats')).toBeVisible();
  await page.getByLabel('Seats', { exact: true }).fill('12-14');
  await expect(page.getByText(/You get €129\.\d\d when all 3 seats are sold/)).toBeVisible();
  await expect(page.getByText('Buyers pay €50.05 for each seat')).toBeVisible();
  await page.getByRole('button', { name: 'Put on sale' }).click();

  await expect(page.getByText('Your seats are on sale')).toBeVisible();
  const row = page.getByRole('listitem').filter({ hasText: show.title });
  await expect(row).toContainText('€45.50 each');
  await expectAccessible(page);

  await row.getByRole('button', { name: 'Change the price' }).click();
  await page.getByLabel('New price of each seat in EUR').fill('40');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('€40 each');

  await row.getByRole('button', { name: 'Take off sale' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take off sale' }).click();
  await expect(row).toContainText('Off sale');
});
