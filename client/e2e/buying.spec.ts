import { expect, tabTo, test, watch } from './fixtures';
import { CARDS, arriveAt, hold, pay, putOnSale, signUpHere } from './people';

test('a fan finds a show, signs up on the way, pays and has the passes', async ({ page }) => {
  const { show, listing } = await putOnSale();

  await page.goto(`/shows/${show.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(show.title);
  await page.getByRole('listitem').filter({ hasText: listing.section }).getByRole('button').click();
  await expect(page.getByRole('dialog')).toContainText('€100.10');
  await page.getByRole('button', { name: 'Sign in to hold' }).click();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signUpHere(page);

  await page.getByRole('dialog').getByRole('button', { name: 'Hold these seats' }).click();
  await expect(page).toHaveURL(/\/checkout\//);
  await expect(page.getByRole('timer')).toHaveText(/^\d+:\d\d$/);

  await test.step('a reload is at the same place', async () => {
    await page.reload();
    await expect(page.getByRole('timer')).toHaveText(/^\d+:\d\d$/);
  });

  await pay(page, CARDS.good);
  await expect(page).toHaveURL(/\/orders\/.*bought=1/);
  await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
  await expect(page.getByRole('img', { name: /Code for seat/ })).toHaveCount(2);

  await page.getByRole('link', { name: 'Stagedoor' }).click();
  await page.getByRole('button', { name: 'Sam Example' }).click();
  await page.getByRole('menuitem', { name: 'My orders' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: show.title })).toContainText('Bought');
});

test('a refused card says why, and another one works', async ({ page }) => {
  const { show, listing } = await putOnSale();
  await arriveAt(page, `/shows/${show.id}`);
  await hold(page, listing.section, 1);
  await pay(page, CARDS.declined);
  await expect(page.getByText('There is not enough money on this card')).toBeVisible();
  await pay(page, CARDS.good);
  await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
});

test('what the bank wants to know is asked on its own page', async ({ page }) => {
  const { show, listing } = await putOnSale();
  await arriveAt(page, `/shows/${show.id}`);
  await hold(page, listing.section, 2);
  await pay(page, CARDS.needsConfirmation);
  const bank = page.frameLocator('iframe[title="Confirm with your bank"]');
  await bank.getByRole('button', { name: 'Yes, it was me' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
});

test.describe('two fans want the last seats', () => {
  test.use({ excused: /409/ });

  test('one of them gets them, and the other is told what to do', async ({ page, browser, baseURL }) => {
    const { show, listing } = await putOnSale({ seats: ['7', '8'], splitRule: 'all_together' });
    const other = await (await browser.newContext()).newPage();
    watch(other);
    for (const fan of [page, other]) {
      await fan.goto(`${baseURL}/sign-in?next=/shows/${show.id}`);
      await signUpHere(fan);
      await fan.getByRole('listitem').filter({ hasText: listing.section }).getByRole('button').click();
    }
    const buttons = [page, other].map((fan) => fan.getByRole('button', { name: 'Hold these seats' }));
    // Who is a moment late may find no button any more, only why.
    await Promise.allSettled(buttons.map((button) => button.click({ timeout: 5_000 })));
    const got = async () => [page, other].filter((fan) => fan.url().includes('/checkout/')).length;
    await expect.poll(got).toBe(1);
    const loser = page.url().includes('/checkout/') ? other : page;
    await expect(loser.getByRole('dialog')).toContainText(/Somebody was faster|have just gone/);
    await other.close();
  });
});

test('the whole purchase needs no mouse', async ({ page }) => {
  const { show } = await putOnSale();
  await arriveAt(page, `/shows/${show.id}`);
  await page.keyboard.press('Tab');
  await tabTo(page, page.getByRole('listitem').filter({ hasText: 'Block' }).getByRole('button'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await tabTo(page, page.getByRole('button', { name: 'Hold these seats' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/checkout\//);
  const form = page.frameLocator('iframe[title^="Card details"]');
  await tabTo(page, form.getByLabel('Card number'));
  await page.keyboard.type(CARDS.good);
  await page.keyboard.press('Tab');
  await page.keyboard.type('1239');
  await page.keyboard.press('Tab');
  await page.keyboard.type('123');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
});

test('a reload at any step of a purchase is at the same step', async ({ page }) => {
  const { show, seller, listing } = await putOnSale();
  await arriveAt(page, `/shows/${show.id}`);
  await hold(page, listing.section, 2);
  const timer = page.getByRole('timer');
  await expect(timer).toHaveText(/^\d+:\d\d$/);
  await page.reload();
  await expect(timer).toHaveText(/^\d+:\d\d$/);

  await pay(page, CARDS.declined);
  const declined = page.getByText('There is not enough money on this card');
  await expect(declined).toBeVisible();
  await page.reload();
  await expect(declined).toBeVisible();

  await pay(page, CARDS.needsConfirmation);
  const yes = page
    .frameLocator('iframe[title="Confirm with your bank"]')
    .getByRole('button', { name: 'Yes, it was me' });
  await expect(yes).toBeVisible();
  await page.reload();
  await expect(yes).toBeVisible();
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByText('Waiting for your bank')).toBeVisible();
  await page.reload();
  await yes.click();
  await page.reload();

  const bought = page.getByText('Charged to visa •••• 3155');
  await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
  await expect(bought).toHaveCount(1);
  await page.goto(page.url().replace(/orders(\/[^?]+).*/, 'checkout$1'));
  await expect(page).toHaveURL(/\/orders\//);
  await expect(bought).toHaveCount(1);
  expect(await seller.seatsLeft(listing)).toBe(2);
});
