import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Page, chromium, expect, test } from '@playwright/test';
import { arriveAt, hold } from './people';
import { setScene } from './scene';

/** Fetched when somebody asks for the figures, and only then: it is as large as all else together. */
const LIGHTHOUSE = 'lighthouse@12.8.2';
const DEBUGGING_PORT = 9_333;
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const LEAST = 95;
const MOST_REPORT_BYTES = 50_000_000;
/** A machine that is busy makes any page slow for a moment, and none fast. */
const MOST_LOOKS = 3;

interface Report {
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { score: number | null; title: string; displayValue?: string }>;
}

const run = promisify(execFile);

test.skip(!process.env.LIGHTHOUSE, 'only if somebody wants the figures');

test('Lighthouse finds little to improve', async ({ baseURL, launchOptions }, info) => {
  test.setTimeout(900_000);
  const context = await chromium.launchPersistentContext(info.outputPath('profile'), {
    ...launchOptions,
    baseURL,
    args: [...(launchOptions.args ?? []), `--remote-debugging-port=${DEBUGGING_PORT}`],
  });
  const page = await context.newPage();
  const browser = await context.newCDPSession(page);
  const { show } = await setScene();
  // As somebody comes who was never here.
  const at = async (path: string) => {
    await browser.send('Network.clearBrowserCache');
    return new URL(path, baseURL).href;
  };
  await arriveAt(page, '/');
  const found = [
    await judge('home', () => at('/')),
    await judge('show', () => at(`/shows/${show.id}`)),
    // Nobody is to find a checkout by searching.
    await judge('checkout', async () => at(await holdSomething(page, show.id)), [
      '--skip-audits=is-crawlable',
    ]),
  ];
  await context.close();
  expect(found.flat().filter(({ points }) => points < LEAST)).toEqual([]);
});

async function holdSomething(page: Page, showId: string): Promise<string> {
  await page.goto(`/shows/${showId}`);
  await hold(page, 'Upper circle', 2);
  await page.waitForURL(/\/checkout\//);
  return page.url();
}

interface Verdict {
  page: string;
  category: string;
  points: number;
  costly: string[];
}

/** The points of a page on a desk, with what cost some of them. */
async function judge(name: string, open: () => Promise<string>, flags: string[] = []): Promise<Verdict[]> {
  for (let look = 1; ; look += 1) {
    const { categories, audits } = await report(await open(), flags);
    const verdicts = Object.entries(categories).map(([category, { score, auditRefs }]) => ({
      page: name,
      category,
      points: Math.round(100 * score),
      costly: auditRefs
        .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
        .map(({ id }) => `${id} ${audits[id]?.displayValue ?? ''}`.trim()),
    }));
    for (const { category, points, costly } of verdicts) {
      process.stdout.write(`${name}: ${category} ${points} ${costly.join(', ')}\n`);
    }
    if (look === MOST_LOOKS || verdicts.every(({ points }) => points >= LEAST)) return verdicts;
  }
}

async function report(url: string, flags: string[]): Promise<Report> {
  const always = [
    '--preset=desktop',
    '--quiet',
    '--output=json',
    `--port=${DEBUGGING_PORT}`,
    // Who is signed in stays so.
    '--disable-storage-reset',
    `--only-categories=${CATEGORIES.join(',')}`,
  ];
  const { stdout } = await run('npx', ['--yes', LIGHTHOUSE, url, ...always, ...flags], {
    maxBuffer: MOST_REPORT_BYTES,
  });
  return JSON.parse(stdout) as Report;
}
