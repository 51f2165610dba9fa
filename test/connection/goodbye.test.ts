import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import { ConnectionError } from '../../src/errors.js';
import { answerHandshake, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** A transport with a word for leaving, as Streamable HTTP has. */
class PoliteTransport extends ScriptedTransport {
  /** What happened to it, in order. */
  readonly ends: string[] = [];

  async goodbye(): Promise<void> {
    this.ends.push('goodbye');
  }

  override close(): Promise<void> {
    this.ends.push('close');
    return super.close();
  }
}

function polite(options: Partial<ConnectionOptions> = {}, respond = answerHandshake) {
  const clock = new SteppingClock();
  const transports: PoliteTransport[] = [];
  const manager = new ConnectionManager({
    name: 'polite',
    server: () => {
      const transport = new PoliteTransport(respond);
      transports.push(transport);
      return transport;
    },
    clock,
    ...options,
  });
  return { manager, clock, transports };
}

test('the server is told once when the user leaves', async () => {
  const { manager, transports } = polite();
  await manager.connect();
  await manager.disconnect();
  expect(transports.map(({ ends }) => ends)).toEqual([['goodbye', 'close']]);
});

test('the server is told when a new session is asked for', async () => {
  const { manager, transports } = polite();
  await manager.connect();
  await manager.reconnect();
  expect(transports.map(({ ends }) => ends)).toEqual([['goodbye', 'close'], []]);
  await manager.terminate();
});

test('the server is told when calls did not end in time', async () => {
  const { manager, clock, transports } = polite();
  await manager.connect();
  const call = manager.callTool({ name: 'hangs' }).catch((error: unknown) => error);
  const left = manager.disconnect();
  await settle();
  expect(transports[0]?.ends).toEqual([]);
  await clock.advance(30_000);
  await left;
  expect(await call).toMatchObject({ code: 'CONNECTION_LOST' });
  expect(transports[0]?.ends).toEqual(['goodbye', 'close']);
});

test('the server is told when it is refused', async () => {
  const { manager, transports } = polite({ requiredCapabilities: ['logging'] });
  await expect(manager.connect()).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  expect(transports.map(({ ends }) => ends)).toEqual([['goodbye', 'close']]);
});

test('a server that is gone is told nothing', async () => {
  const { manager, transports } = polite({ retryPolicy: false });
  await manager.connect();
  transports[0]?.lose(new ConnectionError('PROCESS_EXITED', 'gone'));
  await manager.waitFor('failed');
  expect(transports[0]?.ends).toEqual(['close']);
});

test('the server is told when the user leaves in the middle of the handshake', async () => {
  const respond = (_: JSONRPCRequest) => undefined;
  const { manager, transports } = polite({}, respond);
  const connecting = manager.connect().catch((error: unknown) => error);
  await settle();
  await manager.disconnect();
  expect(await connecting).toMatchObject({ code: 'SUPERSEDED' });
  expect(transports[0]?.ends).toEqual(['goodbye', 'close']);
});
