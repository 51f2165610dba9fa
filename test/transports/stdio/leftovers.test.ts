import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StdioTransport } from '../../../src/transports/stdio/stdioTransport.js';

test('a hundred transports leave no listener and no descriptor behind, and cause no warning', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const count = () => ({
    listeners: (['exit', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((name) => process.listenerCount(name)),
    descriptors: readdirSync('/dev/fd').length,
  });
  const before = count();
  const transports = Array.from({ length: 100 }, () => new StdioTransport({ command: 'cat' }));
  await Promise.all(transports.map((transport) => transport.start()));
  expect(count().listeners).toEqual(before.listeners.map((listeners) => listeners + 1));
  await Promise.all(transports.map((transport) => transport.close()));
  expect(count()).toEqual(before);
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

test('starts that fail leave no descriptor behind', async () => {
  const fail = async () => {
    const transport = new StdioTransport({ command: './no-such-program' });
    await transport.start().catch(() => {});
    await transport.close();
  };
  await fail();
  const before = readdirSync('/dev/fd').length;
  for (let count = 0; count < 20; count += 1) await fail();
  expect(readdirSync('/dev/fd').length).toBe(before);
});
