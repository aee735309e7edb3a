import { expect, test } from './fixtures';
import { PASSWORD, Person, arriveAt, signIn } from './people';

const NEW_PASSWORD = 'a seat in the last row';

test('somebody signs out another device, and every other one with the password', async ({
  page,
  browser,
  baseURL,
}) => {
  const person = await Person.signUp();
  const other = await (await browser.newContext({ userAgent: 'A telephone' })).newPage();
  await other.goto(`${baseURL}/sign-in`);
  await signIn(other, person.email);
  await page.goto('/sign-in?next=/account');
  await signIn(page, person.email);
  await expect(page).toHaveURL(/\/account$/);

  const telephone = page.getByRole('listitem').filter({ hasText: 'A telephone' });
  await telephone.getByRole('button', { name: 'Sign out there' }).click();
  await expect(telephone).toBeHidden();
  await expect(page.getByText('Here', { exact: true })).toBeVisible();
  await expect(async () => {
    await other.goto(`${baseURL}/account`);
    await expect(other).toHaveURL(/\/sign-in\?next=%2Faccount/, { timeout: 3_000 });
  }).toPass();

  await test.step('the password is changed only by who knows it', async () => {
    await page.getByLabel('Current password').fill('another one');
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await expect(page.getByText('The current password is wrong')).toBeVisible();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await expect(page.getByText('Your password is changed')).toBeVisible();
  });
  await test.step('the old one opens nothing any more', async () => {
    await other.getByLabel('E-mail address').fill(person.email);
    await other.getByLabel('Password').fill(PASSWORD);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await expect(other.getByText('The e-mail address or the password is wrong')).toBeVisible();
    await other.getByLabel('Password').fill(NEW_PASSWORD);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await expect(other).toHaveURL(/\/account$/);
  });
  await other.close();
});

test.use({ excused: /401|422/ });

test('a name is changed, and signing out ends the session', async ({ page }) => {
  await arriveAt(page, '/account');
  await page.getByLabel('Name').fill('Alex Example');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Alex Example' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await page.goto('/orders');
  await expect(page).toHaveURL(/\/sign-in\?next=%2Forders/);
});
