import { type APIRequestContext, type Page, expect, request } from '@playwright/test';
import type { components } from '../src/api/schema';

type Schemas = components['schemas'];

const PASSWORD = 'a seat in the front row';

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000009995',
  needsConfirmation: '4000002500003155',
};

/** Where programs reach the API: not every machine knows the names below `localhost` as a browser does. */
const API = process.env.STAGEDOOR_API ?? 'http://127.0.0.1:8080';

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

  static async signUp(): Promise<Person> {
    const email = `fan-${unique()}@stagedoor.example`;
    const api = await request.newContext({ baseURL: API });
    const answer = await api.post('/api/users', {
      data: { email, password: PASSWORD, name: 'Robin Example' },
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
}

/** The admin of the marketplace under test, who announces shows. */
export async function announceShow(title = `The Understudies ${unique()}`): Promise<Schemas['ShowSnapshot']> {
  const api = await request.newContext({ baseURL: API });
  const [email, password] = [process.env.ADMIN_EMAIL ?? '', process.env.ADMIN_PASSWORD ?? ''];
  const session = await api.post('/api/users/sessions', { data: { email, password } });
  expect(session.status(), 'the admin signs in').toBe(201);
  const startsAt = new Date(Date.now() + 30 * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const data = {
    title,
    category: 'concert',
    performers: ['The Understudies'],
    startsAt,
    venue: { name: 'Alte Oper', city: 'Frankfurt', timeZone: 'Europe/Berlin' },
  };
  const answer = await api.post('/api/shows', { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Schemas['ShowSnapshot'];
}

/** Signs up in the browser, coming from where one is, and lands there again. */
export async function signUpHere(page: Page): Promise<string> {
  const email = `fan-${unique()}@stagedoor.example`;
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Name').fill('Sam Example');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await expect(page.getByRole('button', { name: 'Sam Example' })).toBeVisible();
  return email;
}

/** Signs an account in through the browser's own cookies. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Robin Example' })).toBeVisible();
}

/** Opens an offer of a show and holds seats of it. */
export async function hold(page: Page, section: string, quantity?: number): Promise<void> {
  await page.getByRole('listitem').filter({ hasText: section }).getByRole('button').click();
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
