/** How often a call is executed by a server that refuses it, seen from inside the server. */
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionManager } from '../../../src/index.js';
import { type Reply, refuse } from '../../fixtures/servers/http-scripted.js';
import { failure, serve } from './connect.js';

const TOOL = { name: 'pay', arguments: {} };

/** A connection to a server that takes the payment, and then refuses with this. */
async function pay(refusal: Reply) {
  const server = await serve();
  let executions = 0;
  server.on('tools/call', (received) => {
    executions += 1;
    refusal(received);
  });
  const retryPolicy = {
    backoffStrategy: { type: 'constant', delay: 1 },
    jitter: 'none',
    minDelay: 1,
  } as const;
  const manager = new ConnectionManager({ name: 'shop', server: { url: server.url }, retryPolicy });
  onTestFinished(() => manager.terminate());
  await manager.connect();
  const error = await failure(manager.callTool(TOOL));
  return { executions, error, server, manager };
}

test('a refusal that names the call is its answer: executed once, and the session lives', async () => {
  const { executions, error, server, manager } = await pay((received) =>
    refuse(400, -32000, 'payment declined', received.id)(received),
  );
  expect(error).toMatchObject({ code: -32000, message: expect.stringContaining('payment declined') });
  expect(executions).toBe(1);
  expect(server.of('initialize')).toHaveLength(1);
  expect(manager.state.status).toBe('connected');
});

test('a refusal of no request may be about the session: executed once, and it is said that it may have been', async () => {
  const { executions, error } = await pay(refuse(400, -32000, 'payment declined'));
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
  expect(executions).toBe(1);
});
