/** `lifeline ui`, with a real daemon and a real server. */
import { expect, test } from 'vitest';
import { buildCommand, User } from '../cli/support.js';
import { faultyServer } from '../support/faultyServer.js';
import { browser, expectQuiet, litStates, rowOf, timelineOf, untilLit } from './support.js';

const command = buildCommand();
const chromium = browser();

test('the daemon’s server is killed: the page tells the story, and that the daemon leaves', async () => {
  const user = new User(command);
  user.configure({
    files: {
      command: process.execPath,
      args: [faultyServer],
      retryPolicy: { backoffStrategy: { type: 'constant', delay: 1_500 }, jitter: 'none' },
    },
    mail: { command: process.execPath, args: [faultyServer] },
  });
  const running = user.start(['ui']);
  await running.said('Ctrl-C ends it');
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(130);

  // Once more: the daemon runs already.
  const again = user.start(['ui', '--json']);
  let text = '';
  again.child.stdout.on('data', (chunk: string) => {
    text += chunk;
  });
  await again.said('}\n');
  const url: string = JSON.parse(text).url;
  const opened = await chromium.open(url);
  const { page } = opened;
  await rowOf(page, 'files').locator('.status', { hasText: 'not in use' }).waitFor();
  await rowOf(page, 'files').click();

  const pid = Number((await user.lifeline(['call', 'files', 'pid'])).stdout);
  await page.locator('#state', { hasText: 'connected · healthy' }).waitFor();
  await untilLit(page, 'active.session.connected.health.healthy');
  process.kill(pid, 'SIGKILL');
  await page.locator('#countdown', { hasText: /next attempt in \d\.\d s/ }).waitFor();
  await untilLit(page, 'active.reconnecting');
  await page.locator('#state', { hasText: 'connected · healthy' }).waitFor();
  await untilLit(page, 'active.session.connected.stability.settling');
  expect(await litStates(page)).toContain('active.session.connected.health.healthy');
  const states = await timelineOf(page);
  expect(states.filter((state) => /^(connected|reconnecting)/.test(state))).toEqual([
    'connected',
    'reconnecting (retry 0)',
    'reconnecting (retry 1)',
    'connected',
  ]);

  await page.getByRole('button', { name: 'Reconnect' }).click();
  await page.locator('#outcome', { hasText: 'connected with a new session' }).waitFor();
  expect(Number((await user.lifeline(['call', 'files', 'pid'])).stdout)).not.toBe(pid);

  await user.lifeline(['down']);
  await page.locator('#banner', { hasText: 'as soon as there is a daemon again' }).waitFor();
  expect(await page.locator('#link').textContent()).toBe('not live');
  expect(await page.locator('body.is-stale').count()).toBe(1);
  await user.lifeline(['up']);
  await page.locator('#link', { hasText: /^live$/ }).waitFor();
  await rowOf(page, 'files').locator('.status', { hasText: 'not in use' }).waitFor();
  // What the other daemon had seen is not this one's.
  await expect.poll(() => litStates(page)).toEqual(['disconnected']);
  expect(await page.locator('#timeline li, #calls li').count()).toBe(0);
  await user.lifeline(['call', 'files', 'echo', 'text=private-matter']);
  await page.locator('#calls li', { hasText: 'tools/call echo' }).waitFor();
  const next = await timelineOf(page);
  expect(next).toContain('connected');
  expect(next.filter((text) => text.startsWith('reconnecting'))).toEqual([]);

  again.child.kill('SIGINT');
  expect((await again.ended).code).toBe(130);
  await page.locator('#banner', { hasText: 'No news' }).waitFor();
  expect(opened.complaints.filter((complaint) => !complaint.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  expectQuiet({ ...opened, complaints: [] }, new URL(url).origin);
});
