/** What is said to a server when its session is over, and to those who ask a session that is not open. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import type { CallTrace } from '../../src/session/port.js';
import { answerHandshake } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { loseRequest } from '../../src/transports/lostRequest.js';
import { errorOf } from '../connection/support.js';
import { never, SessionRig } from './support.js';

const losses: [string, ConnectionError, saysGoodbye: boolean][] = [
  ['it is gone', new ConnectionError('PROCESS_EXITED', 'gone'), false],
  ['it forgot the session', new ConnectionError('SESSION_EXPIRED', 'who?'), false],
  [
    'it knows nobody',
    new ConnectionError('AUTHORIZATION_REQUIRED', '401', { details: { status: 401 } }),
    false,
  ],
  [
    'it asks for another scope',
    new ConnectionError('AUTHORIZATION_REQUIRED', '403', { details: { status: 403 } }),
    true,
  ],
  ['it forbids it for good', new ConnectionError('FORBIDDEN', '403', { details: { status: 403 } }), false],
];

test.each(losses)(
  'a server that keeps the session is told goodbye, no other is: %s',
  async (_, loss, expected) => {
    const rig = await new SessionRig().accept();
    const goodbye = vi.fn(async () => {});
    Object.assign(rig.transport, { goodbye });
    rig.transport.onlost?.(loss);
    expect(rig.losses).toEqual([loss]);
    await rig.session.close();
    expect(goodbye).toHaveBeenCalledTimes(expected ? 1 : 0);
    expect(rig.transport.closes).toBe(1);
  },
);

test('a session that was not lost says goodbye when it is closed', async () => {
  const rig = await new SessionRig().accept();
  const goodbye = vi.fn(async () => {});
  Object.assign(rig.transport, { goodbye });
  await rig.session.close();
  expect(goodbye).toHaveBeenCalledTimes(1);
});

describe('a session that is not open', () => {
  test('takes an acceptance, and puts nothing back', async () => {
    const { session, transport } = new SessionRig();
    session.accept();
    await session.restore();
    await session.goodbye();
    expect(transport.sent).toEqual([]);
  });

  test('has no probes, and says why', async () => {
    const { session } = new SessionRig();
    expect(await errorOf(session.ask('ping', never))).toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: 'the session is not open',
    });
  });

  test('runs what is traced all the same', () => {
    const trace: CallTrace = { written: 0, answered: 0 };
    expect(new SessionRig().session.trace(trace, () => 'sent')).toBe('sent');
    expect(trace).toEqual({ written: 0, answered: 0 });
  });

  test('has no authorization to finish', async () => {
    const { session } = new SessionRig();
    expect(await errorOf(session.finishAuth('code'))).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: 'this transport has no authorization to finish',
    });
  });
});

describe('an authorization that is refused', () => {
  test('says so, with the cause', async () => {
    const rig = await new SessionRig().accept();
    const cause = new Error('invalid_grant');
    Object.assign(rig.transport, { finishAuth: () => Promise.reject(cause) });
    expect(await errorOf(rig.session.finishAuth('code'))).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: 'the authorization was refused: invalid_grant',
      cause,
    });
  });

  test('keeps a code of ours', async () => {
    const rig = await new SessionRig().accept();
    const ours = new ConnectionError('NETWORK_ERROR', 'unreachable');
    Object.assign(rig.transport, { finishAuth: () => Promise.reject(ours) });
    expect(await errorOf(rig.session.finishAuth('code'))).toBe(ours);
  });
});

test('an answer to nothing is told twice: that there was one, and which', async () => {
  const onstray = vi.fn();
  const rig = await new SessionRig({ onstray }).accept();
  rig.transport.receive({ jsonrpc: '2.0', id: 4_711, result: {} });
  expect(onstray).toHaveBeenCalledTimes(1);
  expect(rig.errors).toMatchObject([{ message: 'an answer to no request in flight (id 4711)' }]);
  expect(rig.losses).toEqual([]);
});

test('what a server asks is no notification', async () => {
  const rig = await new SessionRig().accept();
  rig.transport.receive({ jsonrpc: '2.0', id: 'theirs', method: 'ping' });
  await settle();
  expect(rig.notifications).toEqual([]);
  expect(rig.last).toMatchObject({ id: 'theirs', result: {} });
});

test('a peer that asks for the handshake itself is no server, and is told so', async () => {
  const rig = await new SessionRig({ respond: () => undefined }).open();
  const [echo] = rig.transport.sent;
  if (echo === undefined) throw new Error('nothing was sent');
  rig.transport.receive(echo);
  expect(rig.losses).toMatchObject([
    {
      code: 'NOT_MCP',
      message: 'no server: it sends back what it is sent, or is a client itself',
    },
  ]);
});

test('the answer to a request that was lost comes too late', async () => {
  const onstray = vi.fn();
  const rig = await new SessionRig({
    onstray,
    respond: (request) => (request.method === 'initialize' ? answerHandshake(request) : undefined),
  }).accept();
  const asked = errorOf(rig.session.ask('ping', never));
  const [ping] = rig.transport.requests('ping');
  if (ping === undefined) throw new Error('no ping was sent');
  const lost = new ConnectionError('STREAM_LOST', 'the stream ended before the answer');
  rig.transport.receive(loseRequest(ping.id, lost));
  expect(await asked).toBe(lost);
  expect(onstray).not.toHaveBeenCalled();
  rig.transport.respond(ping, {});
  expect(onstray).toHaveBeenCalledTimes(1);
});

test('the answer to a probe that was given up does not', async () => {
  const onstray = vi.fn();
  const rig = await new SessionRig({
    onstray,
    respond: (request) => (request.method === 'initialize' ? answerHandshake(request) : undefined),
  }).accept();
  const patience = new AbortController();
  const asked = errorOf(rig.session.ask('ping', patience.signal));
  const [ping] = rig.transport.requests('ping');
  if (ping === undefined) throw new Error('no ping was sent');
  patience.abort();
  await asked;
  rig.transport.respond(ping, {});
  expect(onstray).not.toHaveBeenCalled();
});

test('a probe that was answered hears nothing more', async () => {
  const rig = await new SessionRig().accept();
  await rig.session.ask('ping', never);
  rig.transport.receive({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data: 1 },
  });
  await settle();
  expect(rig.reports).toEqual(['opened', 'answered', 'completed']);
});

test('a question of one’s own is asked where it is wanted, not in place of ping', async () => {
  const probe = vi.fn(async () => {});
  const rig = await new SessionRig({ probe }).accept();
  await rig.session.ask('ping', never);
  expect(probe).not.toHaveBeenCalled();
  expect(rig.sent.at(-1)).toBe('ping');
  await rig.session.ask('custom', never);
  expect(probe).toHaveBeenCalledTimes(1);
});

describe('the SDK’s own limit of a minute', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('does not end a handshake: the chart has the limits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const rig = await new SessionRig({ respond: () => undefined }).open();
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(rig.reports).toEqual(['opened']);
    await rig.session.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
