import { expect, test } from './fixtures';
import { CARDS, PASSWORD, putOnSale } from './people';

test('somebody buys in German', async ({ page }) => {
  const { show, listing } = await putOnSale();
  await page.goto('/');
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Ihr Platz/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');

  await page.goto(`/shows/${show.id}`);
  await page.getByRole('listitem').filter({ hasText: listing.section }).getByRole('button').click();
  await page.getByRole('button', { name: 'Zum Reservieren anmelden' }).click();
  await page.getByRole('link', { name: 'Konto anlegen' }).click();
  await page.getByLabel('Name').fill('Sascha Beispiel');
  await page.getByLabel('E-Mail-Adresse').fill(`sascha-${Date.now()}@stagedoor.example`);
  await page.getByLabel('Passwort').fill(PASSWORD);
  await page.getByRole('button', { name: 'Konto anlegen' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Plätze reservieren' }).click();
  await expect(page.getByRole('timer')).toHaveText(/^\d+:\d\d$/);

  const form = page.frameLocator('iframe[title^="Kartendaten"]');
  await form.getByLabel('Kartennummer').fill(CARDS.good);
  await form.getByLabel('Gültig bis').fill('12/39');
  await form.getByLabel('Prüfziffer').fill('123');
  await page.getByRole('button', { name: '100,10 € zahlen' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Die Plätze gehören Ihnen' })).toBeVisible();
  await expect(page.getByRole('img', { name: /Code für Platz/ })).toHaveCount(2);
});
