import { type APIRequestContext, type Locator, type Page, expect, request } from '@playwright/test';
import type { components } from '../src/api/schema';

type Schemas = components['schemas'];
export type Show = Schemas['ShowSnapshot'];

export const PASSWORD = 'a seat in the front row';

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000009995',
  needsConfirmation: '4000002500003155',
};

/** Where programs reach the API: not every machine knows the names below `localhost` as a browser does. */
export const API = process.env.STAGEDOOR_API ?? 'http://127.0.0.1:8080';

let count = 0;

/** A name that nobody else in this run has. */
function unique(): string {
  count += 1;
  return `${process.pid}-${Date.now()}-${count}`;
}

/** Somebody with an account, who talks to the API without a browser. */
export class Person {
  private constructor(
    readonly api: APIRequestContext,
    readonly email: string,
  ) {}

  static async signUp(name = 'Robin Example'): Promise<Person> {
    const email = `fan-${unique()}@stagedoor.example`;
    const api = await request.newContext({ baseURL: API });
    const answer = await api.post('/api/users', {
      data: { email, password: PASSWORD, name },
    });
    expect(answer.status()).toBe(201);
    return new Person(api, email);
  }

  /** Puts seats on sale, and waits until they can be bought. */
  async sell(showId: string, offer: Partial<Schemas['CreateListing']> = {}): Promise<Schemas['ListingView']> {
    const data = {
      showId,
      section: `Block ${unique().slice(-6)}`,
      row: 'C',
      seats: ['1', '2', '3', '4'],
      splitRule: 'any',
      price: { amountCents: 4550, currency: 'EUR' },
      ...offer,
    };
    const answer = await this.api.post('/api/listings', { data });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()) as Schemas['ListingView'];
  }

  /** Holds seats. */
  async order(listing: Schemas['ListingView'], quantity: number): Promise<Schemas['OrderView']> {
    const data = { listingId: listing.id, quantity, expectedPriceCents: listing.total.amountCents };
    const place = () => this.api.post('/api/orders', { data, headers: { 'Idempotency-Key': key } });
    const key = unique();
    // Orders hears of a listing a moment after it is there.
    await expect(async () => expect((await place()).status()).toBe(201)).toPass();
    return (await (await place()).json()) as Schemas['OrderView'];
  }

  /** Holds seats and pays for them, and waits until they are bought. */
  async buy(listing: Schemas['ListingView'], quantity: number): Promise<Schemas['OrderView']> {
    const order = await this.order(listing, quantity);
    const card = { number: CARDS.good, expMonth: 12, expYear: 2039, cvc: '123' };
    const tokenised = await this.api.post('/sandbox/v1/tokens', { data: card });
    const { token } = (await tokenised.json()) as { token: string };
    const pay = () =>
      this.api.post('/api/payments', {
        data: { orderId: order.id, paymentMethod: token },
        headers: { 'Idempotency-Key': token },
      });
    await expect(async () => expect((await pay()).ok()).toBe(true)).toPass();
    const status = async () => {
      const answer = await this.api.get(`/api/orders/${order.id}`);
      return ((await answer.json()) as Schemas['OrderView']).status;
    };
    await expect.poll(status).toBe('completed');
    return order;
  }

  /** How many seats of a listing anybody can still buy. */
  async seatsLeft(listing: Schemas['ListingView']): Promise<number> {
    const answer = await this.api.get(`/api/listings/${listing.id}`);
    return ((await answer.json()) as Schemas['ListingView']).seatsLeft;
  }
}

/** The admin of the marketplace under test, who announces shows. */
export async function announceShow(about: Partial<Schemas['CreateShow']> = {}): Promise<Show> {
  const api = await request.newContext({ baseURL: API });
  const [email, password] = [process.env.ADMIN_EMAIL ?? '', process.env.ADMIN_PASSWORD ?? ''];
  const session = await api.post('/api/users/sessions', { data: { email, password } });
  expect(session.status(), 'the admin signs in').toBe(201);
  const startsAt = new Date(Date.now() + 30 * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const data = {
    title: `The Understudies ${unique()}`,
    category: 'concert',
    performers: ['The Understudies'],
    startsAt,
    venue: { name: 'Alte Oper', city: 'Frankfurt', timeZone: 'Europe/Berlin' },
    ...about,
  };
  const answer = await api.post('/api/shows', { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Show;
}

/** A new show, and seats of it on sale. */
export async function putOnSale(
  offer: Partial<Schemas['CreateListing']> = {},
): Promise<{ show: Show; seller: Person; listing: Schemas['ListingView'] }> {
  const [show, seller] = await Promise.all([announceShow(), Person.signUp()]);
  return { show, seller, listing: await seller.sell(show.id, offer) };
}

/** Signs up in the browser, coming from where one is, and lands there again. */
export async function signUpHere(page: Page): Promise<string> {
  const email = `fan-${unique()}@stagedoor.example`;
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Name').fill('Sam Example');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create an account' }).click();
  // A dialog that is open where one lands hides it from those who only hear the page.
  await expect(page.getByRole('button', { name: 'Sam Example', includeHidden: true })).toBeVisible();
  return email;
}

/** Signs up on the way to a page. */
export async function arriveAt(page: Page, path: string): Promise<void> {
  await page.goto(`/sign-in?next=${encodeURIComponent(path)}`);
  await signUpHere(page);
  await page.waitForURL(path);
}

/** Signs somebody in who has an account, where the page for it is open. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Robin Example' })).toBeVisible();
}

/** Opens an offer of a show and holds seats of it. */
export async function hold(page: Page, section: string, quantity?: number): Promise<void> {
  await page.getByRole('listitem').filter({ hasText: section }).getByRole('button').first().click();
  const dialog = page.getByRole('dialog');
  if (quantity !== undefined) await dialog.getByLabel('Seats').selectOption(String(quantity));
  await dialog.getByRole('button', { name: 'Hold these seats' }).click();
}

/** Types a card into the gateway's frame and pays. */
export async function pay(page: Page, card: string): Promise<void> {
  const form = page.frameLocator('iframe[title^="Card details"]');
  await form.getByLabel('Card number').fill(card);
  await form.getByLabel('Valid until').fill('12/39');
  await form.getByLabel('Security code').fill('123');
  await page.getByRole('button', { name: /^Pay/ }).click();
}

/** Signs up on the way, buys two seats of a listing, and is where their codes are, which are returned. */
export async function buyHere(page: Page, listing: Schemas['ListingView']): Promise<Locator> {
  await arriveAt(page, `/shows/${listing.showId}`);
  await hold(page, listing.section, 2);
  await pay(page, CARDS.good);
  const codes = page.getByRole('img', { name: /Code for seat/ });
  await expect(codes).toHaveCount(2);
  return codes;
}
