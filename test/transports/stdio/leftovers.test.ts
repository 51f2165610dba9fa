import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { StdioTransport } from '../../../src/transports/stdio/stdioTransport.js';

/** The test runner opens and closes a few of its own meanwhile: a leak is one for each transport. */
const descriptors = () => readdirSync('/dev/fd').length;

const listeners = () =>
  (['exit', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((name) => process.listenerCount(name));

test('a hundred transports leave no listener and no descriptor behind, and cause no warning', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const before = { listeners: listeners(), descriptors: descriptors() };
  const transports = Array.from({ length: 100 }, () => new StdioTransport({ command: 'cat' }));
  await Promise.all(transports.map((transport) => transport.start()));
  expect(listeners()).toEqual(before.listeners.map((count) => count + 1));
  expect(descriptors()).toBeGreaterThan(before.descriptors + 250);
  await Promise.all(transports.map((transport) => transport.close()));
  expect(listeners()).toEqual(before.listeners);
  expect(descriptors()).toBeLessThan(before.descriptors + 50);
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});

test('starts that fail leave no listener and no descriptor behind', async () => {
  const before = { listeners: listeners(), descriptors: descriptors() };
  for (let count = 0; count < 100; count += 1) {
    const transport = new StdioTransport({ command: './no-such-program' });
    await expect(transport.start()).rejects.toThrow('not found');
    await transport.close();
  }
  expect(listeners()).toEqual(before.listeners);
  expect(descriptors()).toBeLessThan(before.descriptors + 50);
});
