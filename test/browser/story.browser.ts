/** What somebody sees who looks at a real server that is killed, and what the buttons do. */
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import { createConnectionPool } from '../../src/pool/ConnectionPool.js';
import { inspect } from '../inspect/support.js';
import { builtPage } from '../support/builtPage.js';
import { faultyServer } from '../support/faultyServer.js';
import {
  browser,
  expectQuiet,
  keepTaken,
  keepTexts,
  litStates,
  rowOf,
  timelineOf,
  untilLit,
} from './support.js';

const built = builtPage();
const chromium = browser();

const options = {
  server: { command: process.execPath, args: [faultyServer] },
  retryPolicy: { backoffStrategy: { type: 'constant', delay: 2_500 }, jitter: 'none' },
} satisfies Partial<ConnectionOptions>;

function connectionTo(name: string, more: Partial<ConnectionOptions> = {}): ConnectionManager {
  const manager = new ConnectionManager({ name, ...options, ...more });
  onTestFinished(() => manager.terminate());
  return manager;
}

/** The process of a server, as it says itself. */
async function pidOf(manager: ConnectionManager): Promise<number> {
  const { content } = await manager.callTool({ name: 'pid', arguments: {} });
  const [answer] = Array.isArray(content) ? content : [];
  return Number(answer?.text);
}

const CONNECTED = [
  'active.session.connected.health.healthy',
  'active.session.connected.probe.waiting',
  'active.session.connected.stability.settling',
];

test('a server is killed: the page tells the story', async () => {
  const manager = connectionTo('files');
  await manager.connect();
  const pid = await pidOf(manager);
  const inspector = await inspect({ managers: [manager] }, built.folder);
  const opened = await chromium.open(inspector.url);
  const { page } = opened;
  await page.locator('#state', { hasText: 'connected · healthy' }).waitFor();
  await untilLit(page, 'active.session.connected.health.healthy');
  expect(await litStates(page)).toEqual(CONNECTED);
  expect(await page.locator('#about').textContent()).toMatch(/^faulty \d+\.\d+\.\d+ · protocol \d{4}-/);
  expect(page.url()).toBe(`${inspector.origin}/`);

  const countdowns = await keepTexts(page, '#countdown');
  const taken = await keepTaken(page);
  process.kill(pid, 'SIGKILL');
  await page.locator('#backoff').waitFor({ state: 'visible' });
  await untilLit(page, 'active.reconnecting');
  expect(await litStates(page)).toEqual(['active.reconnecting']);
  expect(await rowOf(page, 'files').locator('.status').textContent()).toMatch(/^retry 1 in \d\.\d s$/);
  expect(await page.locator('#error').textContent()).toContain('SIGKILL');
  expect(await page.locator('#taken').textContent()).toBe(
    'done release active.releasing → active.reconnecting',
  );

  await page.locator('#state', { hasText: 'connected · healthy' }).waitFor();
  await untilLit(page, 'active.session.connected.health.healthy');
  expect(await litStates(page)).toEqual(CONNECTED);
  expect(await page.locator('#backoff').isVisible()).toBe(false);
  expect(await page.locator('#error').isVisible()).toBe(false);

  const counted = (await countdowns()).map((text) => Number(/in ([\d.]+) s/.exec(text)?.[1]));
  expect(counted.length).toBeGreaterThan(5);
  expect(counted).toEqual([...counted].sort((one, other) => other - one));
  expect(counted.every((left) => left >= 0 && left <= 2.5)).toBe(true);
  expect(await taken()).toEqual(
    expect.arrayContaining([
      'active.session → active.releasing',
      'active.releasing → active.reconnecting',
      'active.reconnecting → active.queued',
      'active.session.connecting → active.session.connected',
    ]),
  );
  const told = await timelineOf(page);
  const climb = [
    'connecting (queued)',
    'connecting (transportSetup)',
    'connecting (handshakeStart)',
    'connecting (capabilityNegotiation)',
    'connecting (healthCheck)',
    'connected',
  ];
  const states = told.filter((text) => !text.startsWith('health: '));
  expect(states).toEqual([...climb, 'reconnecting (retry 0)', 'reconnecting (retry 1)', ...climb]);
  expect(told.filter((text) => text.startsWith('health: '))).toEqual([
    expect.stringMatching(/^health: unhealthy: .*SIGKILL/),
    'health: healthy',
  ]);
  expect(await page.title()).toBe('1 of 1 connected · lifeline');
  expectQuiet(opened, inspector.origin);
});

test('the buttons probe, reconnect and disconnect, and say what came of it', async () => {
  const manager = connectionTo('files');
  await manager.connect();
  const pid = await pidOf(manager);
  const inspector = await inspect({ managers: [manager] }, built.folder);
  const opened = await chromium.open(inspector.url);
  const { page } = opened;
  await page.getByRole('button', { name: 'Probe' }).click();
  await page.locator('#outcome', { hasText: /^probe: healthy, answered in/ }).waitFor();
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await page.locator('#outcome', { hasText: 'reconnect: connected with a new session' }).waitFor();
  expect(await pidOf(manager)).not.toBe(pid);
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.locator('#outcome', { hasText: 'disconnect: disconnected' }).waitFor();
  await page.locator('#state', { hasText: /^disconnected/ }).waitFor();
  await untilLit(page, 'disconnected');
  expect(manager.state.status).toBe('disconnected');
  expect(await page.getByRole('button', { name: 'Probe' }).isDisabled()).toBe(true);
  await page.locator('#statistics', { hasText: '2 succeeded, 0 failed, 0 cancelled' }).waitFor();
  expectQuiet(opened, inspector.origin);
});

test('an action that fails says why', async () => {
  const manager = connectionTo('gone', { server: { command: '/nowhere/at-all' } });
  await expect(manager.connect()).rejects.toThrow('/nowhere/at-all');
  const inspector = await inspect({ managers: [manager] }, built.folder);
  const { page } = await chromium.open(inspector.url);
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await page.locator('#outcome', { hasText: '/nowhere/at-all' }).waitFor();
  await page.locator('#state', { hasText: 'failed: COMMAND_NOT_FOUND' }).waitFor();
  await untilLit(page, 'failed');
});

test('calls are shown by method, tool, outcome and duration', async () => {
  const manager = connectionTo('files', { timeout: { call: 200 } });
  await manager.connect();
  const inspector = await inspect({ managers: [manager] }, built.folder);
  const { page } = await chromium.open(inspector.url);
  await page.locator('#no-calls').waitFor();
  await manager.callTool({ name: 'echo', arguments: { text: 'a private matter' } });
  await expect(manager.callTool({ name: 'never', arguments: {} })).rejects.toThrow();
  await page.locator('#calls li').nth(1).waitFor();
  const calls = await page.locator('#calls li').allTextContents();
  expect(calls[0]).toMatch(/tools\/call neverfailed: CALL_TIMEOUT · \d+ ms$/);
  expect(calls[1]).toMatch(/tools\/call echosucceeded · [\d.]+ ms$/);
  expect(await page.locator('body').textContent()).not.toContain('a private matter');
});

test('a pool is shown with servers that nobody has used, and with those that are begun while one looks', async () => {
  const pool = createConnectionPool({ servers: { files: options, mail: options } });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  const inspector = await inspect({ pool }, built.folder);
  const { page } = await chromium.open(inspector.url);
  await rowOf(page, 'files').locator('.status', { hasText: 'not in use' }).waitFor();
  await rowOf(page, 'mail').click();
  expect(await page.getByRole('button', { name: 'Reconnect' }).isDisabled()).toBe(true);
  await pool.get('mail');
  await page.locator('#state', { hasText: 'connected · healthy' }).waitFor();
  await untilLit(page, 'active.session.connected.probe.waiting');
  expect(await rowOf(page, 'files').locator('.status').textContent()).toBe('not in use');
  await page.getByRole('button', { name: 'Probe' }).click();
  await page.locator('#outcome', { hasText: /^probe: healthy/ }).waitFor();
  const taken = page.locator('#taken', { hasText: 'done probe probe.checking → probe.waiting' });
  await taken.waitFor();
  await rowOf(page, 'files').click();
  await page.locator('#taken', { hasText: 'no transition since the inspector began to look' }).waitFor();
  expect(await page.locator('#timeline').isVisible()).toBe(false);
  expect(await page.locator('#about').textContent()).toContain('Nobody has used it yet');
  await rowOf(page, 'mail').click();
  await taken.waitFor();
  expect(await page.locator('#timeline').isVisible()).toBe(true);
});

test('what was taken before one looks is not lit as if it happened now', async () => {
  const [files, mail] = [connectionTo('files'), connectionTo('mail')];
  await Promise.all([files.connect(), mail.connect()]);
  const inspector = await inspect({ managers: [files, mail] }, built.folder);
  const { page } = await chromium.open(inspector.url);
  await untilLit(page, 'active.session.connected.health.healthy');
  const taken = await keepTaken(page);
  await rowOf(page, 'mail').click();
  await page.locator('#name', { hasText: 'mail' }).waitFor();
  await page.locator('#timeline li').first().waitFor();
  expect(await taken()).toEqual([]);
  await mail.disconnect();
  await untilLit(page, 'disconnected');
  expect(await taken()).not.toEqual([]);
});
