import { expect, test } from './fixtures';
import { CARDS, Person, arriveAt, buyHere, hold, pay, putOnSale } from './people';
import { without } from './switch';

test.describe('without a network', () => {
  test.use({ excused: /ERR_INTERNET_DISCONNECTED/ });

  test('seats are live again once it is back', async ({ page, context }) => {
    const { show, listing } = await putOnSale();
    const buyer = await Person.signUp();
    const offer = page.getByRole('listitem').filter({ hasText: listing.section });
    await page.goto(`/shows/${show.id}`);
    await expect(offer).toContainText('4 left');
    const away = page.getByText('The connection is lost');
    await expect(away).toBeHidden();

    await context.setOffline(true);
    await expect(away).toBeVisible();
    await buyer.order(listing, 2);
    await expect(offer).toContainText('4 left');

    await context.setOffline(false);
    await expect(offer).toContainText('2 left');
    await expect(away).toBeHidden();
    // What happens from here on is told again.
    await buyer.order(listing, 2);
    await expect(page.getByText('Nothing is on sale right now').first()).toBeVisible();
  });

  test('passes can be read at the door', async ({ page, context }) => {
    const { show, listing } = await putOnSale();
    const codes = await buyHere(page, listing);
    const order = new URL(page.url());

    // As at home, the day before; what is to be kept is fetched once more by the worker that keeps it.
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await page.goto(order.pathname);
    await expect(codes).toHaveCount(2);
    await context.setOffline(true);
    await page.reload();
    await expect(codes).toHaveCount(2);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(show.title);
    await context.setOffline(false);
  });

  test('a refused hold says so, and is one hold when it is asked for again', async ({ page, context }) => {
    const { show, seller, listing } = await putOnSale();
    await arriveAt(page, `/shows/${show.id}`);
    await page.getByRole('listitem').filter({ hasText: listing.section }).getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await context.setOffline(true);
    await dialog.getByRole('button', { name: 'Hold these seats' }).click();
    await expect(dialog.getByRole('alert')).toContainText('Nobody answers');
    await context.setOffline(false);
    await dialog.getByRole('button', { name: 'Hold these seats' }).click();
    await expect(page).toHaveURL(/\/checkout\//);
    await expect.poll(() => seller.seatsLeft(listing)).toBe(2);
  });
});

test.describe('while a service is down', () => {
  test.use({ excused: /503|ERR_INCOMPLETE_CHUNKED_ENCODING/ });

  test('shows say that they cannot be loaded, and are live again by themselves', async ({
    page,
    browser,
  }) => {
    const { show, listing } = await putOnSale();
    const buyer = await Person.signUp();
    const offer = page.getByRole('listitem').filter({ hasText: listing.section });
    await page.goto(`/shows/${show.id}`);
    await expect(offer).toContainText('4 left');
    const other = await browser.newPage();
    await without('tickets', async () => {
      await expect(page.getByText('The connection is lost')).toBeVisible();
      await other.goto(new URL(`/shows?q=${show.id}`, page.url()).href);
      await expect(other.getByText('The shows cannot be loaded just now')).toBeVisible();
    });
    await expect(page.getByText('The connection is lost')).toBeHidden();
    await buyer.order(listing, 2);
    await expect(offer).toContainText('2 left');
    await other.reload();
    await expect(other.getByText('No show is like that')).toBeVisible();
    await other.close();
  });

  test('a hold and a payment wait until it is back, and happen once', async ({ page }) => {
    const { show, seller, listing } = await putOnSale();
    await arriveAt(page, `/shows/${show.id}`);
    await without('orders', async () => {
      await hold(page, listing.section, 2);
      await expect(page.getByRole('dialog').getByRole('alert')).toContainText('This does not work just now');
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Hold these seats' }).click();
    await expect(page).toHaveURL(/\/checkout\//);
    await expect.poll(() => seller.seatsLeft(listing)).toBe(2);
    await expect(page.getByRole('button', { name: /^Pay/ })).toBeVisible();
    await without('payments', async () => {
      await pay(page, CARDS.good);
      await expect(page.getByRole('alert').filter({ hasText: 'This does not work just now' })).toBeVisible();
    });
    await page.getByRole('button', { name: /^Pay/ }).click();
    await expect(page.getByRole('status').filter({ hasText: 'The seats are yours' })).toBeVisible();
    await expect(page.getByText('Charged to visa •••• 4242')).toHaveCount(1);
  });

  test('who is signed in stays so, and signing in says what is the matter', async ({ page, browser }) => {
    await arriveAt(page, '/orders');
    const other = await browser.newPage();
    await without('auth', async () => {
      await other.goto(new URL('/sign-in', page.url()).href);
      await other.getByLabel('E-mail address').fill('nobody@stagedoor.example');
      await other.getByLabel('Password').fill('whatever it was');
      await other.getByRole('button', { name: 'Sign in' }).click();
      await expect(other.getByRole('alert').filter({ hasText: 'This does not work just now' })).toBeVisible();
      await page.reload();
      await expect(page.getByRole('alert').filter({ hasText: 'This does not work just now' })).toBeVisible();
    });
    await page.reload();
    await expect(page.getByText('You have not ordered anything yet')).toBeVisible();
    await other.close();
  });
});
