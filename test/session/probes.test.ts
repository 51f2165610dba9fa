/** Asking a server whether it lives. */
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { answerHandshake, type Responder } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { loseRequest } from '../../src/transports/lostRequest.js';
import { errorOf, exited, look } from '../connection/support.js';
import { never, SessionRig } from './support.js';

/** A server that answers the handshake and nothing else, with these capabilities. */
const muteWith =
  (capabilities: object): Responder =>
  (request) =>
    request.method === 'initialize' ? { ...answerHandshake(request), capabilities } : undefined;
const mute = muteWith({ tools: {} });

const notification = { jsonrpc: '2.0', method: 'notifications/message', params: {} } as const;

describe('an answer', () => {
  test('to ping is life', async () => {
    const rig = await new SessionRig().accept();
    expect(await look(rig.session.ask('ping', never))).toEqual({ value: undefined });
    expect(rig.last).toMatchObject({ method: 'ping' });
  });

  test.each([
    ['an error', { error: { code: -32601, message: 'Method not found' } }],
    ['the error of a local timeout', { error: { code: -32001, message: 'Request timed out' } }],
    ['more than was asked for', { result: { uptime: 5, _meta: {} } }],
    ['something else entirely', { result: { tools: 'none' } }],
  ])('that is %s is life too', async (_, answer) => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const asked = rig.session.ask('ping', never);
    const [request] = rig.transport.requests('ping');
    rig.transport.receive({ jsonrpc: '2.0', id: request?.id ?? -1, ...answer });
    expect(await look(asked)).toEqual({ value: undefined });
  });

  test.each([
    ['a notification', notification],
    ['a request of the server’s', { jsonrpc: '2.0', id: 'theirs', method: 'ping' }],
    ['the answer to something else', { jsonrpc: '2.0', id: 999, result: {} }],
  ] as const)('is waited for although %s comes in meanwhile, which is told once', async (_, frame) => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const asked = rig.session.ask('ping', never);
    expect(rig.reports).not.toContain('heard');
    rig.transport.receive(frame);
    rig.transport.receive(frame);
    expect(await look(asked)).toBe('pending');
    expect(rig.reports.filter((report) => report === 'heard')).toHaveLength(1);
    const [request] = rig.transport.requests('ping');
    if (request !== undefined) rig.transport.respond(request, {});
    expect(await look(asked)).toEqual({ value: undefined });
    rig.transport.receive(frame);
    expect(rig.reports.filter((report) => report === 'heard')).toHaveLength(1);
  });

  test('made up for a lost one is none', async () => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const asked = look(rig.session.ask('ping', never));
    const [request] = rig.transport.requests('ping');
    const broken = new ConnectionError('STREAM_LOST', 'the stream broke off');
    rig.transport.receive(loseRequest(request?.id ?? -1, broken));
    expect(await asked).toEqual({ error: broken });
  });

  test('that never comes is waited for until somebody gives up', async () => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const controller = new AbortController();
    const asked = look(rig.session.ask('ping', controller.signal));
    expect(await asked).toBe('pending');
    const outcome = errorOf(rig.session.ask('ping', controller.signal));
    controller.abort(new Error('too long'));
    expect(await outcome).toMatchObject({ name: 'ConnectionError' });
    expect(rig.sent.filter((method) => method === 'notifications/cancelled')).toHaveLength(2);
  });
});

describe('a server that does not answer ping', () => {
  test.each([
    ['tools/list', { tools: {}, resources: {}, prompts: {} }],
    ['resources/list', { resources: {}, prompts: {} }],
    ['prompts/list', { prompts: {} }],
    ['lifeline/alive', { logging: {} }],
    ['lifeline/alive', {}],
  ])('is asked %s where it offers %o', async (method, capabilities) => {
    const rig = await new SessionRig({ respond: muteWith(capabilities) }).accept();
    const asked = rig.session.ask('alternative', never);
    const [request] = rig.transport.requests(method);
    if (request === undefined) throw new Error(`${method} was not asked`);
    rig.transport.receive({ jsonrpc: '2.0', id: request.id, error: { code: -32601, message: 'unknown' } });
    expect(await look(asked)).toEqual({ value: undefined });
  });

  test('is heard during the second question although the first one ends then', async () => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const first = new AbortController();
    const given = errorOf(rig.session.ask('ping', first.signal));
    first.abort();
    const second = rig.session.ask('alternative', never);
    await given;
    rig.transport.receive(notification);
    expect(await look(second)).toBe('pending');
    expect(rig.reports).toContain('heard');
  });
});

describe('a question of the embedder’s own', () => {
  test('may be the name of a request: any answer is life', async () => {
    const rig = await new SessionRig({ respond: mute, probe: 'acme/health' }).accept();
    const asked = rig.session.ask('custom', never);
    const [request] = rig.transport.requests('acme/health');
    rig.transport.receive({ jsonrpc: '2.0', id: request?.id ?? -1, error: { code: -1, message: 'so so' } });
    expect(await look(asked)).toEqual({ value: undefined });
  });

  test('may be a function: what it returns is no matter, that it returns is', async () => {
    const probe = vi.fn(async () => false);
    const rig = await new SessionRig({ probe }).accept();
    expect(await look(rig.session.ask('custom', never))).toEqual({ value: undefined });
    expect(probe).toHaveBeenCalledExactlyOnceWith(rig.session.client, { signal: expect.any(AbortSignal) });
  });

  test('that rejects is a failure, although the server answered it', async () => {
    const rig = await new SessionRig({
      respond: (request) =>
        request.method === 'tools/call'
          ? { content: [{ type: 'text', text: 'ill' }] }
          : answerHandshake(request),
      probe: async (client) => {
        const { content } = await client.callTool({ name: 'health' });
        throw new Error(`the server says ${JSON.stringify(content)}`);
      },
    }).accept();
    const error = await errorOf(rig.session.ask('custom', never));
    expect(error).toMatchObject({ name: 'ConnectionError', message: expect.stringContaining('ill') });
  });

  test('that waits for something else is not answered by other traffic', async () => {
    let answer: () => void = () => {};
    const rig = await new SessionRig({
      respond: mute,
      probe: () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    }).accept();
    const asked = rig.session.ask('custom', never);
    rig.transport.receive(notification);
    expect(await look(asked)).toBe('pending');
    expect(rig.reports).not.toContain('heard');
    answer();
    expect(await look(asked)).toEqual({ value: undefined });
  });

  test('that fails in a code of ours is told in it, and asked again after a reset', async () => {
    const error = new ConnectionError('NETWORK_ERROR', 'reset', { details: { reset: true } });
    const probe = vi.fn().mockRejectedValue(error);
    const rig = await new SessionRig({ probe }).accept();
    expect(await errorOf(rig.session.ask('custom', never))).toBe(error);
    expect(probe).toHaveBeenCalledTimes(2);
  });

  test('that throws is a failure, and its signal follows the probe’s', async () => {
    const broken = new Error('a broken probe');
    const rig = await new SessionRig({
      probe: () => {
        throw broken;
      },
    }).accept();
    expect(await errorOf(rig.session.ask('custom', never))).toMatchObject({ cause: broken });

    const waiting = await new SessionRig({
      probe: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    }).accept();
    const controller = new AbortController();
    const outcome = errorOf(waiting.session.ask('custom', controller.signal));
    controller.abort(new Error('too long'));
    expect(await outcome).toMatchObject({ cause: { message: 'too long' } });
  });
});

describe('a question that cannot be sent', () => {
  const failing = async (...errors: Error[]) => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const send = rig.transport.send.bind(rig.transport);
    rig.transport.send = async (message) => {
      await send(message);
      const error = errors.shift();
      if (error !== undefined) throw error;
    };
    return rig;
  };
  const reset = () => new ConnectionError('NETWORK_ERROR', 'reset', { details: { reset: true } });

  test('says why, in a code', async () => {
    const refused = new ConnectionError('CONNECTION_REFUSED', 'nobody listens');
    expect(await errorOf((await failing(refused)).session.ask('ping', never))).toBe(refused);
    const cause = new TypeError('fetch failed');
    expect(await errorOf((await failing(cause)).session.ask('ping', never))).toMatchObject({
      name: 'ConnectionError',
      code: 'TRANSPORT_FAILED',
      cause,
    });
  });

  test('because a connection kept alive was reset is asked again, once', async () => {
    const rig = await failing(reset());
    const asked = rig.session.ask('ping', never);
    await settle();
    const [, second] = rig.transport.requests('ping');
    expect(rig.transport.requests('ping')).toHaveLength(2);
    if (second !== undefined) rig.transport.respond(second, {});
    expect(await look(asked)).toEqual({ value: undefined });

    const twice = await failing(reset(), reset());
    expect(await errorOf(twice.session.ask('ping', never))).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(twice.transport.requests('ping')).toHaveLength(2);
  });

  test('is not asked again when nobody waits any more', async () => {
    const rig = await failing(reset());
    const controller = new AbortController();
    const outcome = errorOf(rig.session.ask('ping', controller.signal));
    controller.abort();
    expect(await outcome).toMatchObject({ name: 'ConnectionError' });
    await settle();
    expect(rig.transport.requests('ping')).toHaveLength(1);
  });

  test('because the session is lost or was never open is answered at once', async () => {
    const rig = await new SessionRig({ respond: mute }).accept();
    const outcome = errorOf(rig.session.ask('ping', never));
    rig.transport.lose(exited());
    void rig.session.close();
    expect(await outcome).toMatchObject({ name: 'ConnectionError', cause: expect.any(McpError) });
    expect(await errorOf(new SessionRig().session.ask('ping', never))).toMatchObject({
      code: 'CONNECTION_CLOSED',
    });
  });
});
