/** What the page does when there is nothing, nobody to ask, somebody hostile, little room, or no mouse. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { ConnectionError } from '../../src/errors.js';
import { LocalSource } from '../../src/inspect/LocalSource.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { inspect, Reader, Subject } from '../inspect/support.js';
import { PoolRig } from '../rigs/poolRig.js';
import { builtPage } from '../support/builtPage.js';
import {
  browser,
  colourOf,
  expectNoOverflow,
  expectQuiet,
  keepTexts,
  rowOf,
  strokeOf,
  timelineOf,
  untilLit,
} from './support.js';

const built = builtPage();
const chromium = browser();

const TOKEN = 'the-same-token-again';
const names = ['calendar', 'files', 'mail', 'notes', 'search'];

/** Connections that are looked at on the clock of the system, whatever theirs is. */
async function serve(subjects: readonly Subject[], port = 0) {
  const managers = subjects.map(({ manager }) => manager);
  return inspect({ managers, clock: systemClock, token: TOKEN, port }, built.folder);
}

describe('to begin with', () => {
  test('the page shows one that is in trouble, in the colour of its status', async () => {
    const clock = new SteppingClock();
    const subjects = names.map((name) => new Subject(name, {}, clock));
    for (const subject of subjects) await subject.connect();
    const [, files] = subjects;
    files?.session.lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await settle();
    const { page } = await chromium.open((await serve(subjects)).url);
    await page.locator('#state', { hasText: 'reconnecting' }).waitFor();
    expect(await page.locator('#name').textContent()).toBe('files');
    await untilLit(page, 'active.reconnecting');
    expect(await strokeOf(page, 'active.reconnecting')).toBe(await colourOf(page, '#state'));
    await rowOf(page, 'mail').click();
    await untilLit(page, 'active.session.connected.health.healthy');
    expect(await strokeOf(page, 'active')).toBe(await colourOf(page, '#state'));
    expect(await colourOf(page, '#state')).not.toBe(
      await colourOf(page, '.row[data-status=reconnecting] .dot'),
    );
  });

  test('the page says which servers cannot be used, and which are not to be', async () => {
    const rig = new PoolRig({ servers: { calendar: {}, files: {}, mail: {} } });
    onTestFinished(() => rig.pool[Symbol.asyncDispose]());
    const faults = new Map([
      ['files', { code: 'CONFIG_INVALID', message: 'no KEY' }],
      ['mail', { code: 'DISABLED', message: 'the configuration has it disabled' }],
    ]);
    const source = new LocalSource({ pool: rig.pool, faultOf: (name) => faults.get(name) ?? null });
    onTestFinished(() => source[Symbol.asyncDispose]());
    const { page } = await chromium.open((await inspect({ source }, built.folder)).url);
    await page.locator('#error', { hasText: 'no KEY' }).waitFor();
    expect(await page.locator('.row .status').allTextContents()).toEqual([
      'not in use',
      'cannot be used: CONFIG_INVALID',
      'disabled',
    ]);
    expect(await page.locator('#summary').textContent()).toContain('1\u00a0in trouble');
  });
});

describe('before there is anything to show', () => {
  test('the page says so, and shows the first connection as soon as there is one', async () => {
    const source = new LocalSource();
    onTestFinished(() => source[Symbol.asyncDispose]());
    const inspector = await inspect({ source }, built.folder);
    const opened = await chromium.open(inspector.url);
    await opened.page.locator('#empty-text', { hasText: 'There is no connection yet' }).waitFor();
    expect(await opened.page.locator('#link').textContent()).toBe('live');
    source.attach(new Subject('files').manager);
    await rowOf(opened.page, 'files').waitFor();
    await opened.page.locator('#name', { hasText: 'files' }).waitFor();
    expectQuiet(opened, inspector.origin);
  });

  test('without a token it says what to open', async () => {
    const inspector = await serve([new Subject('files')]);
    const { page } = await chromium.open(`${inspector.origin}/`);
    await page.locator('#banner', { hasText: 'This address has no token' }).waitFor();
    expect(await page.locator('.row').count()).toBe(0);
  });

  test('with another token it says so, and does not ask for ever', async () => {
    const inspector = await serve([new Subject('files')]);
    const { page, requests } = await chromium.open(`${inspector.origin}/#another-token-altogether`);
    await page.locator('#banner', { hasText: 'does not know this page' }).waitFor();
    expect(await page.locator('#link').textContent()).toBe('refused');
    expect(await page.locator('.row').count()).toBe(0);
    expect(requests.filter((url) => url.endsWith('/api/stream'))).toHaveLength(1);
    // The right one, in the same tab.
    await page.goto(inspector.url);
    await rowOf(page, 'files').waitFor();
  });
});

test('where more pages are open than there is room for, it says so', async () => {
  const inspector = await serve([new Subject('files')]);
  const readers = Array.from({ length: 32 }, () => new Reader(inspector.origin, TOKEN));
  await Promise.all(readers.map((reader) => reader.until(({ type }) => type === 'frame')));
  const { page } = await chromium.open(inspector.url);
  await page.locator('#banner', { hasText: 'No news: 32 pages are open already' }).waitFor();
  readers[0]?.close();
  await rowOf(page, 'files').waitFor();
});

test('whoever waits for a connection can give it up', async () => {
  const subject = new Subject('files');
  await subject.connect();
  const { page } = await chromium.open((await serve([subject])).url);
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await page.locator('#state', { hasText: 'connecting' }).waitFor();
  await page.locator('#outcome', { hasText: 'reconnect …' }).waitFor();
  expect(await page.getByRole('button', { name: 'Reconnect' }).isDisabled()).toBe(true);
  const told = await keepTexts(page, '#outcome');
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.locator('#outcome', { hasText: 'disconnect: disconnected' }).waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Reconnect' }).isEnabled()).toBe(true);
  expect(await told()).toEqual(['disconnect …', 'disconnect: disconnected']);
});

test('a connection in place of another of its name has a story of its own', async () => {
  const source = new LocalSource();
  onTestFinished(() => source[Symbol.asyncDispose]());
  const [one, other] = [new Subject('files'), new Subject('files')];
  await one.connect();
  one.session.lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
  await settle();
  const detach = source.attach(one.manager);
  const { page } = await chromium.open((await inspect({ source }, built.folder)).url);
  await page.locator('#state', { hasText: 'reconnecting' }).waitFor();
  await page.locator('#timeline li').nth(7).waitFor();
  detach();
  source.attach(other.manager);
  other.manager.connect().catch(() => {});
  await page.locator('#state', { hasText: 'transportSetup' }).waitFor();
  await expect.poll(() => timelineOf(page)).toEqual(['connecting (queued)', 'connecting (transportSetup)']);
});

describe('the token', () => {
  test('leaves the address at once, goes nowhere else, and outlives a reload', async () => {
    const inspector = await serve([new Subject('files')]);
    const { page, requests } = await chromium.open(inspector.url);
    await rowOf(page, 'files').waitFor();
    expect(page.url()).toBe(`${inspector.origin}/`);
    expect(requests.filter((url) => url.includes(TOKEN) && !url.includes('#'))).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await rowOf(page, 'files').waitFor();
  });
});

describe('when the inspector is gone', () => {
  test('the page says that it is not live, greys out, disables, and comes back by itself', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const inspector = await serve([subject]);
    const { page } = await chromium.open(inspector.url);
    await page.locator('#state', { hasText: 'connected' }).waitFor();
    expect(await page.locator('body.is-stale').count()).toBe(0);
    await inspector.close();
    await page.locator('#link', { hasText: 'not live' }).waitFor();
    await page.locator('#banner', { hasText: 'What you see is how it was last' }).waitFor();
    expect(await page.locator('body.is-stale').count()).toBe(1);
    for (const name of ['Probe', 'Reconnect', 'Disconnect']) {
      expect(await page.getByRole('button', { name }).isDisabled()).toBe(true);
    }
    void subject.manager.disconnect();
    await settle();
    await serve([subject], Number(new URL(inspector.origin).port));
    await page.locator('#link', { hasText: /^live$/ }).waitFor();
    await page.locator('#state', { hasText: 'disconnected' }).waitFor();
    expect(await page.locator('body.is-stale').count()).toBe(0);
    expect(await page.locator('#banner').isVisible()).toBe(false);
  });

  test('one that says nothing any more, though the connection is open, is not believed', async () => {
    const subject = new Subject('files');
    // On a clock that stands still, nothing is said after the first frame.
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const inspector = await inspect({ source, clock: subject.clock }, built.folder);
    const { page, requests } = await chromium.open(inspector.url, { isClockOurs: true });
    await rowOf(page, 'files').waitFor();
    await page.locator('#link', { hasText: /^live$/ }).waitFor();
    const streams = () => requests.filter((url) => url.endsWith('/api/stream')).length;
    expect(streams()).toBe(1);
    const told = await keepTexts(page, '#banner');
    await page.clock.fastForward(13_000);
    await page.locator('#link', { hasText: /^live$/ }).waitFor();
    await expect.poll(streams).toBe(2);
    expect((await told())[0]).toContain('the inspector has fallen silent');
  });

  test('one that has another token now is not asked for ever', async () => {
    const subject = new Subject('files');
    const inspector = await serve([subject]);
    const { page } = await chromium.open(inspector.url);
    await rowOf(page, 'files').waitFor();
    await inspector.close();
    await page.locator('#link', { hasText: 'not live' }).waitFor();
    await inspect(
      { managers: [subject.manager], port: Number(new URL(inspector.origin).port) },
      built.folder,
    );
    await page.locator('#link', { hasText: 'refused' }).waitFor();
    await page.locator('#banner', { hasText: 'Open the address that it printed last' }).waitFor();
  });
});

describe('texts of strangers', () => {
  const HOSTILE = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';

  test('are texts, wherever they are shown', async () => {
    const name = `${HOSTILE}\u202e`;
    const subject = new Subject(name);
    const connecting = subject.manager.connect();
    connecting.catch(() => {});
    await settle();
    subject.session.opened();
    subject.session.answered({ serverInfo: { name: `server ${HOSTILE}`, version: HOSTILE } });
    subject.session.completed();
    await settle();
    subject.session.answerProbe();
    await connecting;
    const inspector = await serve([subject]);
    const opened = await chromium.open(inspector.url);
    const { page } = opened;
    await page.locator('#about', { hasText: 'server <img' }).waitFor();
    expect(await page.locator('#name').textContent()).toBe(`${HOSTILE}\\u{202e}`);
    subject.session.lost(new ConnectionError('PROCESS_EXITED', `it said ${HOSTILE}`));
    await page.locator('#error', { hasText: `it said <img` }).waitFor();
    await page.locator('#timeline', { hasText: `it said <img` }).waitFor();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.locator('#outcome', { hasText: 'disconnect: disconnected' }).waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.evaluate('window.owned')).toBeUndefined();
    expectQuiet(opened, inspector.origin);
  });

  test('as names of everything an object has are names', async () => {
    const clock = new SteppingClock();
    const odd = ['__proto__', 'constructor', 'toString', 'status'];
    const inspector = await serve(odd.map((name) => new Subject(name, {}, clock)));
    const { page } = await chromium.open(inspector.url);
    for (const name of odd) {
      await rowOf(page, name).click();
      await page.locator('#name', { hasText: name }).waitFor();
      await page.locator('#taken', { hasText: 'no transition since the inspector began to look' }).waitFor();
    }
  });
});

describe('in a window', () => {
  const clock = new SteppingClock();
  const long = `a-name-without-any-space-${'that-goes-on-and-on-'.repeat(8)}`;

  test.each([
    [390, 'light'],
    [390, 'dark'],
    [768, 'light'],
    [1024, 'dark'],
    [1440, 'light'],
    [1440, 'dark'],
  ] as const)('of %i pixels, %s, nothing sticks out', async (width, colorScheme) => {
    const subjects = [long, ...names].map((name) => new Subject(name, {}, clock));
    const inspector = await serve(subjects);
    const opened = await chromium.open(inspector.url, { width, colorScheme });
    const { page } = opened;
    await rowOf(page, long).click();
    await page.locator('#name', { hasText: long }).waitFor();
    await expectNoOverflow(page);
    subjects[0]?.manager.connect().catch(() => {});
    await settle();
    subjects[0]?.session.lost(new ConnectionError('NETWORK_ERROR', `no-space-either-${'x'.repeat(300)}`));
    await page.locator('#error', { hasText: 'no-space-either' }).waitFor();
    await expectNoOverflow(page);
    const ground = await page
      .locator('body')
      .evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor ?? '');
    const [red = 0] = (/\d+/.exec(ground) ?? []).map(Number);
    expect(red > 128 ? 'light' : 'dark').toBe(colorScheme);
    expectQuiet(opened, inspector.origin);
  });
});

describe('with the keyboard alone', () => {
  test('connections are chosen, looked for, and acted upon', async () => {
    const clock = new SteppingClock();
    const inspector = await serve(names.map((name) => new Subject(name, {}, clock)));
    const { page } = await chromium.open(inspector.url);
    await page.locator('#name', { hasText: 'calendar' }).waitFor();
    await page.keyboard.press('/');
    expect(await page.locator('#search:focus').count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.locator('#list:focus').count()).toBe(1);
    for (const [key, name] of [
      ['ArrowDown', 'files'],
      ['ArrowDown', 'mail'],
      ['End', 'search'],
      ['ArrowDown', 'search'],
      ['Home', 'calendar'],
      ['ArrowUp', 'calendar'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator('#name', { hasText: name }).waitFor();
      const active = await page.locator('#list').getAttribute('aria-activedescendant');
      expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true');
      expect(await page.locator(`[id="${active}"] .name`).textContent()).toBe(name);
    }
    await page.keyboard.press('/');
    await page.keyboard.type('SEAR');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    await page.keyboard.type('x');
    await page.locator('#nothing', { hasText: 'None is like that' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.row').count()).toBe(5);
  });

  test('and by roles, everything has a name', async () => {
    const inspector = await serve([new Subject('files')]);
    const { page } = await chromium.open(inspector.url);
    await page.getByRole('listbox', { name: 'Connections' }).waitFor();
    expect(await page.getByRole('option', { name: /files/ }).getAttribute('aria-setsize')).toBe('1');
    await page.getByRole('searchbox', { name: 'Search connections by name' }).waitFor();
    await page.getByRole('combobox', { name: 'Which connections to list' }).waitFor();
    await page.getByRole('heading', { name: 'files', level: 2 }).waitFor();
    await page.getByRole('img', { name: 'The life of one MCP client connection.' }).waitFor();
    await page.getByRole('checkbox', { name: 'follow' }).waitFor();
  });
});

test('the list can be narrowed to what is in trouble', async () => {
  const clock = new SteppingClock();
  const subjects = names.map((name) => new Subject(name, {}, clock));
  const inspector = await serve(subjects);
  const { page } = await chromium.open(inspector.url);
  await rowOf(page, 'mail').waitFor();
  const [, , mail] = subjects;
  await mail?.connect();
  mail?.session.lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
  await page.locator('#summary', { hasText: '1\u00a0in trouble' }).waitFor();
  await page.getByRole('combobox').selectOption('troubled');
  await expect.poll(() => page.locator('.row .name').allTextContents()).toEqual(['mail']);
});
