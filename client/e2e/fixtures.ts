import AxeBuilder from '@axe-core/playwright';
import { type Locator, type Page, expect, test as base } from '@playwright/test';

interface Options {
  /** What the browser may complain of in this test: nothing, unless a test breaks something on purpose. */
  excused: RegExp | undefined;
}

/** A page on which every complaint of the browser, a script that the policy stopped included, is a failure. */
export const test = base.extend<Options>({
  excused: [undefined, { option: true }],
  page: async ({ page, excused }, run) => {
    const complaints = watch(page);
    await run(page);
    expect(complaints.filter((text) => !excused?.test(text))).toEqual([]);
  },
});

/** Collects what the browser complains of. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** Looks for what keeps people from using the page and the frames in it, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of ['dark', 'light'] as const) {
    await showIn(page, theme);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    const found = violations.map(
      ({ id, nodes }) => `${theme}: ${id}: ${nodes.map((node) => node.html).join(' | ')}`,
    );
    expect(found).toEqual([]);
  }
}

/** Shows the page as a system with this theme has it. */
export async function showIn(page: Page, theme: 'light' | 'dark'): Promise<void> {
  // A colour on its way from one theme to the other belongs to neither.
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
  for (const frame of await page.locator('iframe').all()) {
    await expect(frame.contentFrame().locator('html')).toHaveAttribute('data-theme', theme);
  }
}

/** Moves on with the Tab key, as somebody without a mouse does, until a control has the focus. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  const MOST_STEPS = 60;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press('Tab');
    const isThere = await control.evaluate(
      (element) => document.hasFocus() && document.activeElement === element,
    );
    if (isThere) return;
  }
  throw new Error(`the Tab key does not lead to ${String(control)}`);
}

export { expect };
