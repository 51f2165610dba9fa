/** Each soak in little, so that the long runs are there when they are wanted. */
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { run } from '../support/run.js';

// Processes by the dozen, beside those of other tests.
vi.setConfig({ testTimeout: 180_000 });

const script = fileURLToPath(new URL('run.mjs', import.meta.url));
const soak = (args: string[], signal: AbortSignal) => run(process.execPath, [script, ...args], { signal });

/** The figure of a line that begins with this name. */
function figure(output: string, name: string): number {
  const line = output.split('\n').find((text) => text.trim().startsWith(name));
  return Number(line?.slice(46).trim().split(' ')[0]);
}

test('properties: takes as many steps as it was told to', async ({ signal }) => {
  const { code, stdout, stderr } = await soak(['properties', '--steps', '3000'], signal);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/--seed \d+/);
  expect(figure(stdout, 'steps in all')).toBeGreaterThanOrEqual(3_000);
});

test('properties: the same seed tells the same stories', async ({ signal }) => {
  const args = ['properties', '--property', 'calls', '--steps', '500', '--seed', '7'];
  const [once, again] = [await soak(args, signal), await soak(args, signal)];
  const stories = ({ stdout }: typeof once) =>
    stdout.split('\n').filter((line) => /steps/.test(line) && !/…/.test(line));
  expect(stories(once)).toHaveLength(2);
  expect(stories(again)).toEqual(stories(once));
});

test('storm: every call is accounted for, and nothing is left', async ({ signal }) => {
  const args = ['storm', '--servers', '3', '--faults', '30', '--http-faults', '6'];
  const { code, stdout, stderr } = await soak(args, signal);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(figure(stdout, 'faults injected')).toBe(30);
  expect(figure(stdout, 'executions, counted by the servers')).toBeGreaterThan(100);
});

test('leaks: nothing is left, and the heap does not grow', async ({ signal }) => {
  const { code, stdout, stderr } = await soak(['leaks', '--cycles', '200', '--stdio-cycles', '20'], signal);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(figure(stdout, 'cycles, each with a call that succeeded')).toBe(200);
});

test.each([
  ['--steps', 'many'],
  ['properties', '--property', 'nothing'],
])('%s %s is refused', async (...args) => {
  const { code, stderr } = await run(process.execPath, [script, ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain('npm run test:soak -- [');
});
