import { describe, expect, test } from 'vitest';
import { lostRequestReason } from '../../../src/transports/lostRequest.js';
import { connect, failure } from './connect.js';
import { spawnEverything, spawnSdkServer } from './process.js';

const at = (port: number, path = '/mcp') => `http://127.0.0.1:${port}${path}`;

describe.each([
  ['streams', []],
  ['streams that can be resumed', ['--events']],
  ['JSON', ['--json']],
])('a server of the SDK that replies with %s', (_what, flags) => {
  test('is called, left, and does not know the session afterwards', async () => {
    const { port } = await spawnSdkServer(...flags);
    const { client, transport, errors, losses } = await connect({ url: at(port) });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['pid', 'hang']);
    const { sessionId } = transport;
    expect(sessionId).toBeDefined();
    await transport.goodbye?.();
    await client.close();
    expect(errors).toEqual([]);
    expect(losses).toEqual([]);

    const late = await fetch(at(port), {
      method: 'POST',
      headers: {
        'mcp-session-id': sessionId ?? '',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });
    expect(late.status).toBe(404);
  });

  test('row 33: killed while idle, it is missed without a call', async () => {
    const { port, kill } = await spawnSdkServer(...flags);
    const { client, lost } = await connect({ url: at(port) });
    await client.ping();
    await kill();
    expect(await lost).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('row 33: killed in flight, the call settles or the loss is told, at once', async () => {
    const { port, kill } = await spawnSdkServer(...flags);
    const { client, lost } = await connect({ url: at(port) });
    const progressed = new Promise<void>((resolve) => {
      client.callTool({ name: 'hang' }, undefined, { onprogress: () => resolve() }).catch(() => {});
    });
    // Without streams there is no word of progress.
    if (flags[0] !== '--json') await progressed;
    const call = failure(client.callTool({ name: 'hang' }));
    await client.ping();
    await kill();
    expect(await lost).toMatchObject({ code: 'CONNECTION_REFUSED' });
    await client.close();
    expect(await call).toBeInstanceOf(Error);
  });

  test('row 28: restarted, it does not know the session', async () => {
    const first = await spawnSdkServer(...flags);
    const { client, lost } = await connect({ url: at(first.port) });
    await client.ping();
    await first.kill();
    await spawnSdkServer(...flags, `--port=${first.port}`);
    // Either the stream met the closed port, or the new server refuses the old session.
    const call = client.ping().catch(() => {});
    expect(['CONNECTION_REFUSED', 'SESSION_EXPIRED']).toContain((await lost).code);
    await call;
    const again = await connect({ url: at(first.port) });
    await again.client.ping();
  });
});

test('row 33: killed in flight with a reply that cannot be resumed, the call itself settles', async () => {
  const { port, kill } = await spawnSdkServer();
  const { client } = await connect({ url: at(port) });
  let call: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    call = failure(client.callTool({ name: 'hang' }, undefined, { onprogress: () => resolve() }));
  });
  await kill();
  expect(lostRequestReason(await call)).toMatchObject({ code: 'STREAM_LOST' });
});

describe('a server of the SDK over HTTP+SSE', () => {
  test('is found by the fallback, and called', async () => {
    const { port } = await spawnSdkServer('--sse');
    const { client, losses, errors } = await connect({ url: at(port) });
    expect((await client.listTools()).tools).toHaveLength(2);
    await client.close();
    expect(losses).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('row 33: killed while idle, it is missed without a call; restarted, it is not taken for the same', async () => {
    const { port, kill } = await spawnSdkServer('--sse');
    const { client, lost } = await connect({ url: at(port), type: 'sse' });
    await client.ping();
    await kill();
    await spawnSdkServer('--sse', `--port=${port}`);
    expect(await lost).toMatchObject({ code: 'STREAM_LOST' });
    const error = await failure(client.ping());
    expect(error).toBeInstanceOf(Error);
  });
});

describe('server-everything', () => {
  test('over Streamable HTTP: called, killed while idle, restarted', async () => {
    const { port, kill } = await spawnEverything('streamableHttp');
    const { client, lost, errors } = await connect({ url: at(port) });
    const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    expect(content).toEqual([{ type: 'text', text: 'Echo: hello' }]);
    expect(errors).toEqual([]);
    await kill();
    expect(await lost).toMatchObject({ code: 'CONNECTION_REFUSED' });
    await client.close();

    await spawnEverything('streamableHttp', port);
    const again = await connect({ url: at(port) });
    await again.client.ping();
  });

  test('over Streamable HTTP: it answers a session of before its restart with 400, and that is understood', async () => {
    const { port, kill } = await spawnEverything('streamableHttp');
    // The stream is not resumed meanwhile: its wait is on a clock that stands still.
    const held = { setTimeout: () => 0, clearTimeout: () => {} };
    const { client, lost } = await connect({ url: at(port), clock: held, random: () => 0.5 });
    await kill();
    await spawnEverything('streamableHttp', port);
    await client.ping().catch(() => client.ping().catch(() => {}));
    expect(await lost).toMatchObject({ code: 'SESSION_EXPIRED', details: { status: 400 } });
  });

  test('over HTTP+SSE: called, killed while idle', async () => {
    const { port, kill } = await spawnEverything('sse');
    const { client, lost } = await connect({ url: at(port, '/sse') });
    const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    expect(content).toEqual([{ type: 'text', text: 'Echo: hello' }]);
    await kill();
    expect(await lost).toMatchObject({ code: 'STREAM_LOST' });
  });
});
