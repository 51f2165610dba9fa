import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

/** Nothing of it asks anybody anything by itself. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function findChromium(): string {
  const places = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
  const found = places.find((place) => place !== '' && existsSync(place));
  if (found === undefined) {
    throw new Error(
      'these tests need Chromium: install the package chromium, or say where it is in CHROMIUM',
    );
  }
  return found;
}

export interface Look {
  colorScheme?: 'light' | 'dark';
  width?: number;
  height?: number;
  reducedMotion?: 'reduce' | 'no-preference';
  /** The page's clock can be put forward. Default false */
  isClockOurs?: boolean;
}

/** A page, and all that it did besides showing itself. */
export interface Opened {
  page: Page;
  /** Where requests went to. */
  requests: string[];
  /** What the browser complained about: refused by the policy, thrown, not found. */
  complaints: string[];
}

/** A browser for a file of tests. */
export function browser(): { open(url: string, look?: Look): Promise<Opened> } {
  let running: Browser | undefined;
  beforeAll(async () => {
    running = await chromium.launch({ executablePath: findChromium(), args: QUIET });
  });
  afterAll(() => running?.close());
  return {
    async open(url, look = {}) {
      const { colorScheme = 'light', width = 1440, height = 900, reducedMotion = 'reduce' } = look;
      if (running === undefined) throw new Error('it does not run yet');
      const viewport = { width, height };
      const context = await running.newContext({ colorScheme, viewport, reducedMotion });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      if (look.isClockOurs === true) await page.clock.install();
      const requests: string[] = [];
      const complaints: string[] = [];
      context.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.goto(url);
      return { page, requests, complaints };
    },
  };
}

/** The row of a connection in the list. */
export const rowOf = (page: Page, name: string) =>
  page.locator('.row').filter({ has: page.locator('.name', { hasText: name }) });

/** Paths of the innermost states that are lit. */
export const litStates = (page: Page): Promise<string[]> =>
  page
    .locator('[data-state].is-leaf')
    .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-state') ?? ''));

/** Resolves when this state is lit, as a leaf. */
export const untilLit = (page: Page, path: string) =>
  page.locator(`[data-state="${path}"].is-leaf`).waitFor({ state: 'attached' });

const styleOf = (page: Page, selector: string, property: 'color' | 'stroke') =>
  page
    .locator(selector)
    .first()
    .evaluate(
      (element, name) => element.ownerDocument.defaultView?.getComputedStyle(element)[name] ?? '',
      property,
    );

/** The colour of what an element says. */
export const colourOf = (page: Page, selector: string) => styleOf(page, selector, 'color');

/** The colour of the line around a state. */
export const strokeOf = (page: Page, path: string) =>
  styleOf(page, `[data-state="${path}"] > .frame`, 'stroke');

/** Texts of the timeline, oldest first. */
export async function timelineOf(page: Page): Promise<string[]> {
  return (await page.locator('#timeline .what').allTextContents()).reverse();
}

/** Has the page keep every text that an element shows from now on. */
export async function keepTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const key = JSON.stringify(selector);
  await page.evaluate(`
    window.kept ??= {};
    window.kept[${key}] = [];
    const element = document.querySelector(${key});
    const keep = () => window.kept[${key}].push(element.textContent);
    new MutationObserver(keep).observe(element, { childList: true, characterData: true, subtree: true });`);
  return async () => {
    const kept: unknown = await page.evaluate(`window.kept[${key}]`);
    return Array.isArray(kept) ? kept.map(String) : [];
  };
}

/** Has the page keep the titles of the lines that are lit from now on. */
export async function keepTaken(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    window.taken = [];
    new MutationObserver((records) => {
      for (const { target } of records)
        if (target.matches('.edge.is-taken')) window.taken.push(target.querySelector('title').textContent.split('\\n')[0]);
    }).observe(document.querySelector('#chart'), { attributes: true, attributeFilter: ['class'], subtree: true });`);
  return async () => {
    const taken: unknown = await page.evaluate('window.taken');
    return Array.isArray(taken) ? taken.map(String) : [];
  };
}

/** It loaded nothing from elsewhere, and the browser had nothing to complain about. */
export function expectQuiet({ requests, complaints }: Opened, origin: string): void {
  expect(requests.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
  expect(requests.length).toBeGreaterThan(3);
  expect(complaints).toEqual([]);
}

/** Nothing is wider than the window. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const { inner, scroll } = await page.locator('html').evaluate((element) => ({
    inner: element.clientWidth,
    scroll: element.scrollWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(inner);
}
