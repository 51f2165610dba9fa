/** Hundreds of connections, all of which change all the time. */
import { expect, test } from 'vitest';
import { FRAME_EVERY } from '../../src/inspect/Feed.js';
import { LocalSource } from '../../src/inspect/LocalSource.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { inspect, Reader, Subject } from '../inspect/support.js';
import { builtPage } from '../support/builtPage.js';
import { browser, expectQuiet, rowOf } from './support.js';

const built = builtPage();
const chromium = browser();

const CONNECTIONS = 500;
const ROUNDS = 60;

/** Has the page count its pictures, and how often something in it changed. */
const COUNT = `
  window.pictures = 0;
  window.batches = 0;
  const count = () => { window.pictures += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  new MutationObserver(() => { window.batches += 1; })
    .observe(document.querySelector('#list'), { subtree: true, childList: true, characterData: true, attributes: true });`;

test(`${CONNECTIONS} connections that change all the time leave the page at hand`, async () => {
  const clock = new SteppingClock();
  const subjects = Array.from(
    { length: CONNECTIONS },
    (_, index) => new Subject(`server-${index}`, {}, clock),
  );
  for (const subject of subjects) await subject.connect();
  const source = new LocalSource({ managers: subjects.map(({ manager }) => manager), clock });
  const inspector = await inspect({ source }, built.folder);
  const reader = new Reader(inspector.origin, inspector.token);
  const opened = await chromium.open(inspector.url);
  const { page } = opened;
  await rowOf(page, 'server-0').waitFor();
  await page.locator('#timeline li').first().waitFor();
  const elements = () => page.locator('*').count();
  const before = await elements();
  expect(await page.locator('.row').count()).toBeLessThan(40);
  const told = reader.frames.length;
  await page.evaluate(COUNT);

  const changeAll = async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { manager } of subjects) await manager.run(async () => null);
      await clock.advance(FRAME_EVERY);
      // The page and its browser have their turns, too.
      await page.evaluate('new Promise(requestAnimationFrame)');
    }
  };
  const changing = changeAll();
  // Meanwhile somebody uses it.
  await page.locator('#list').focus();
  for (let step = 0; step < 30; step += 1) await page.keyboard.press('ArrowDown');
  await page.locator('#name', { hasText: /^server-30$/ }).waitFor();
  await page.locator('#search').fill('server-49');
  await expect.poll(() => page.locator('.row').count()).toBe(11);
  await page.locator('#search').fill('');
  await page.locator('#list').press('End');
  await page.locator('#name', { hasText: /^server-499$/ }).waitFor();
  await changing;
  await page.locator('#statistics', { hasText: `${ROUNDS} succeeded` }).waitFor();

  const frames = reader.frames.slice(told);
  const changes = frames.reduce((sum, { rows }) => sum + rows.length, 0);
  // One frame a round for all, however many calls there were; the focus of the page is another's matter.
  expect(frames.length).toBeLessThanOrEqual(ROUNDS + 1);
  expect(changes).toBe(CONNECTIONS * ROUNDS);
  const pictures = Number(await page.evaluate('window.pictures'));
  const batches = Number(await page.evaluate('window.batches'));
  // It draws no more than once for each picture, whatever comes in between.
  expect(batches).toBeLessThanOrEqual(2 * pictures);
  expect(pictures).toBeGreaterThanOrEqual(ROUNDS);
  expect(await page.locator('.row').count()).toBeLessThan(40);
  // Entries of the timeline and calls are bounded; nothing else was added.
  expect(await elements()).toBeLessThan(before + 100 + 5 * 50 + 5 * 100);
  expectQuiet(opened, inspector.origin);
});

test('what is in the page does not grow with what happens', async () => {
  const subject = new Subject('busy');
  await subject.connect();
  const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
  const inspector = await inspect({ source }, built.folder);
  const { page } = await chromium.open(inspector.url);
  const happen = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      await subject.manager.run(async () => null);
      subject.manager.reconnect().catch(() => {});
      await subject.clock.advance(0);
      await subject.shakeHands();
      if (time % 10 === 0) await subject.clock.advance(FRAME_EVERY);
    }
    await subject.clock.advance(FRAME_EVERY);
    const { calls } = subject.manager.stats;
    await page.locator('#statistics', { hasText: `${calls.succeeded} succeeded` }).waitFor();
  };
  await happen(60);
  const elements = await page.locator('*').count();
  await happen(200);
  expect(await page.locator('*').count()).toBeLessThanOrEqual(elements + 10);
  expect(await page.locator('#calls li').count()).toBe(50);
  expect(await page.locator('#timeline li').count()).toBe(100);
});
