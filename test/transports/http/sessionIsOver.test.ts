import { expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionError } from '../../../src/errors.js';
import { StreamableLink } from '../../../src/transports/http/streamableLink.js';
import { SESSION_IS_OVER } from '../../../src/transports/sessionIsOver.js';
import { connect, failure, serve } from './connect.js';

/** A client whose next request fails so. */
async function failing(error: ConnectionError) {
  const server = await serve();
  const opened = await connect({ url: server.url });
  const send = vi.spyOn(StreamableLink.prototype, 'send').mockRejectedValueOnce(error);
  onTestFinished(() => send.mockRestore());
  return opened;
}

test.each([...SESSION_IS_OVER])('a request that fails with %s is told to be the end', async (code) => {
  const error = new ConnectionError(code, 'over');
  const { client, losses } = await failing(error);
  expect(await failure(client.ping())).toBe(error);
  expect(losses).toEqual([error]);
});

test('one that fails by itself is not', async () => {
  const error = new ConnectionError('HTTP_ERROR', 'busy');
  const { client, losses } = await failing(error);
  expect(await failure(client.ping())).toBe(error);
  expect(losses).toEqual([]);
});
