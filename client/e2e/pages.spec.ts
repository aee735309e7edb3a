import { mkdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { expect, expectAccessible, showIn, test } from './fixtures';
import { CARDS, arriveAt, hold, pay, signIn } from './people';
import { setScene } from './scene';

const DIRECTORY = 'docs/screenshots';
const SIZES = [
  { width: 390, height: 844 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
];

const SHOWN = ['home', 'show', 'checkout', 'order', 'sell', 'sell-what'];

/** Takes pictures of the main pages, as telephones, tablets and desks show them; only if somebody wants them. */
async function picture(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS || !SHOWN.includes(name)) return;
  mkdirSync(DIRECTORY, { recursive: true });
  const before = page.viewportSize();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await take(page, `${name}-${size.width}`);
  }
  await showIn(page, 'dark');
  await take(page, `${name}-dark`);
  await showIn(page, 'light');
  if (before) await page.setViewportSize(before);
}

/** Flat colours need no more than a palette, which makes a picture a third as large. */
async function take(page: Page, name: string): Promise<void> {
  await page.evaluate(() => window.scrollTo(0, 0));
  const shot = await page.screenshot({ animations: 'disabled' });
  await sharp(shot).png({ palette: true, colours: 64, effort: 10 }).toFile(`${DIRECTORY}/${name}.png`);
}

/** No page is wider than the screen of a telephone. */
async function expectToFit(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await expect.poll(overflow).toBeLessThanOrEqual(0);
  if (before) await page.setViewportSize(before);
}

async function lookAt(page: Page, name: string): Promise<void> {
  await test.step(name, async () => {
    await expectAccessible(page);
    await expectToFit(page);
    await picture(page, name);
  });
}

test.describe('every page', () => {
  test.use({ excused: /404|ERR_INTERNET_DISCONNECTED|ChunkLoadError/ });

  test('is usable by everybody, in both themes and on any screen', async ({ page, context }) => {
    test.setTimeout(600_000);
    const { show, seller } = await setScene();
    const offer = page.getByRole('listitem').filter({ hasText: 'Upper circle' }).getByRole('button').first();

    await page.goto('/');
    await lookAt(page, 'home');
    await page.goto('/shows?category=theatre');
    await lookAt(page, 'shows');
    await page.goto('/shows?q=nobody+knows+this');
    await lookAt(page, 'nothing-found');
    await page.goto('/shows/01939c5e-7d3b-7c1a-9f6e-2b8d4c6a1e35');
    await lookAt(page, 'not-found');
    await page.goto(`/shows/${show.id}`);
    await lookAt(page, 'show');

    await test.step('what cannot be loaded can be tried again', async () => {
      await context.setOffline(true);
      await offer.click();
      await expect(page.getByText('Something broke on our side')).toBeVisible();
      await lookAt(page, 'error');
      await context.setOffline(false);
      await page.getByRole('button', { name: 'Try again' }).click();
    });
    await offer.click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.getByText('What is in the price').click();
    await lookAt(page, 'hold');

    await page.goto('/sign-in');
    await lookAt(page, 'sign-in');
    await page.goto('/sign-up');
    await lookAt(page, 'sign-up');
    await arriveAt(page, '/account');
    await expect(page.getByRole('heading', { name: 'Where you are signed in' })).toBeVisible();
    await lookAt(page, 'account');
    await page.goto('/orders');
    await expect(page.getByText('You have not ordered anything yet')).toBeVisible();
    await lookAt(page, 'no-orders');

    await page.goto(`/shows/${show.id}`);
    await hold(page, 'Upper circle', 2);
    await expect(page.getByRole('button', { name: /^Pay/ })).toBeVisible();
    await lookAt(page, 'checkout');
    await page.goto(`/shows/${show.id}`);
    await hold(page, 'Stalls', 2);
    await pay(page, CARDS.needsConfirmation);
    const bank = page.frameLocator('iframe[title="Confirm with your bank"]');
    await expect(bank.getByRole('button', { name: 'Yes, it was me' })).toBeVisible();
    await lookAt(page, 'bank');
    await page.goto(`/shows/${show.id}`);
    await hold(page, 'Dress circle', 2);
    await pay(page, CARDS.good);
    await expect(page.getByRole('img', { name: /Code for seat/ })).toHaveCount(2);
    await lookAt(page, 'order');
    await page.goto('/orders');
    await expect(page.getByText('Bought')).toBeVisible();
    await lookAt(page, 'orders');

    await page.getByRole('button', { name: 'Sam Example' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, seller.email);
    await page.goto('/sell');
    await expect(page.getByText('On its way to you').first()).toBeVisible();
    await lookAt(page, 'sell');
    await page.goto('/sell/new');
    await lookAt(page, 'sell-which');
    await page.goto(`/sell/new?show=${show.id}`);
    await page.getByLabel('Section').fill('Stalls');
    await page.getByLabel('Row').fill('D');
    await page.getByLabel('Seats', { exact: true }).fill('12-14');
    await page.getByLabel('Price of each seat').fill('45.50');
    await expect(page.getByText('Others ask between')).toBeVisible();
    await lookAt(page, 'sell-what');
  });
});
