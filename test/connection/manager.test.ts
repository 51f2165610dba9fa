import { describe, expect, test, vi } from 'vitest';
import { ConnectionError, isLifelineError, WaitError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, look, Rig } from './support.js';

const INFO = {
  connectedAt: 1_700_000_000_000,
  serverInfo: { name: 'scripted', version: '1.0.0' },
  negotiatedFeatures: ['tools'],
  protocolVersion: '2025-11-25',
};

describe('connect', () => {
  test('resolves with what the server said of itself, once it has proved to live', async () => {
    const rig = new Rig();
    const connected = rig.manager.connect();
    const session = await rig.handshake();
    expect(await look(connected)).toBe('pending');
    session.probes[0]?.answer();
    expect(await look(connected)).toEqual({ value: INFO });
    expect(rig.manager.state).toEqual({ status: 'connected', info: INFO });
    expect(rig.manager.client).toBe(session.client);
  });

  test('joins the attempt under way, and the connection that is up', async () => {
    const rig = new Rig();
    const [one, other] = [rig.manager.connect(), rig.manager.connect()];
    await rig.finish();
    expect(await one).toEqual(INFO);
    expect(await other).toEqual(INFO);
    expect(await rig.manager.connect()).toEqual(INFO);
    expect(rig.sessions).toHaveLength(1);
  });

  test('is answered by a later attempt when the first one fails', async () => {
    const rig = new Rig();
    const connected = rig.manager.connect();
    await settle();
    await rig.lose();
    expect(rig.status).toBe('reconnecting');
    expect(rig.manager.client).toBeNull();
    rig.clock.step();
    await rig.finish();
    expect(await look(connected)).toMatchObject({
      value: INFO.serverInfo ? { protocolVersion: '2025-11-25' } : {},
    });
    expect(rig.sessions).toHaveLength(2);
  });

  test('rejects with the last error when the attempts are used up, and counts them', async () => {
    const rig = new Rig({ retryPolicy: { initialAttempts: 2 } });
    const cause = new Error('exit code 1');
    const outcome = errorOf(rig.manager.connect());
    await settle();
    await rig.lose();
    rig.clock.step();
    await settle();
    await rig.lose(new ConnectionError('PROCESS_EXITED', 'it exited', { cause, details: { exitCode: 1 } }));
    const error = await outcome;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code: 'PROCESS_EXITED',
      message: 'files: it exited',
      cause,
      details: { exitCode: 1, attempts: 2 },
    });
    expect(isLifelineError(error)).toBe(true);
    expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code: 'PROCESS_EXITED' } });
  });

  test('starts a new series of attempts from failed', async () => {
    const rig = new Rig({ retryPolicy: { initialAttempts: 1 } });
    const failed = errorOf(rig.manager.connect());
    await settle();
    await rig.lose();
    await failed;
    await rig.connect();
    expect(rig.manager.stats.attempts).toBe(2);
    expect(rig.status).toBe('connected');
  });

  test('rejects with SUPERSEDED when somebody disconnects', async () => {
    const rig = new Rig();
    const outcome = errorOf(rig.manager.connect());
    const left = rig.manager.disconnect();
    const error = await outcome;
    expect(error).toBeInstanceOf(WaitError);
    expect(error).toMatchObject({ name: 'WaitError', code: 'SUPERSEDED' });
    await left;
    expect(rig.sessions).toHaveLength(0);
  });

  test('rejects with TERMINATED when somebody terminates, and ever after', async () => {
    const rig = new Rig();
    const outcome = errorOf(rig.manager.connect());
    await rig.manager.terminate();
    expect(await outcome).toMatchObject({ code: 'TERMINATED' });
    expect(await errorOf(rig.manager.connect())).toMatchObject({ code: 'TERMINATED' });
    expect(await errorOf(rig.manager.reconnect())).toMatchObject({ code: 'TERMINATED' });
  });
});

describe('aborting connect', () => {
  test('rejects with the reason itself', async () => {
    const rig = new Rig();
    const controller = new AbortController();
    const outcome = errorOf(rig.manager.connect({ signal: controller.signal }));
    const reason = { not: 'even an error' };
    controller.abort(reason);
    expect(await outcome).toBe(reason);
  });

  test('does nothing at all when it was aborted before', async () => {
    const rig = new Rig();
    const reason = new Error('too late');
    expect(await errorOf(rig.manager.connect({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await errorOf(rig.manager.reconnect({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(rig.status).toBe('disconnected');
  });

  test('withdraws the wish when nobody else waits', async () => {
    const rig = new Rig();
    const controller = new AbortController();
    const outcome = errorOf(rig.manager.connect({ signal: controller.signal }));
    const session = await rig.handshake();
    controller.abort();
    await outcome;
    expect(rig.status).toBe('closing');
    session.finishClosing();
    await settle();
    expect(rig.status).toBe('disconnected');
  });

  test('keeps the wish while somebody else waits, and withdraws it with the last', async () => {
    const rig = new Rig();
    const controllers = [new AbortController(), new AbortController()];
    const outcomes = controllers.map(({ signal }) => errorOf(rig.manager.connect({ signal })));
    await settle();
    controllers[0]?.abort();
    await outcomes[0];
    expect(rig.status).toBe('connecting');
    controllers[1]?.abort();
    await outcomes[1];
    expect(rig.status).toBe('closing');
  });

  test('withdraws the wish when all abort at once', async () => {
    const rig = new Rig();
    const { signal, abort } = abortable();
    const outcomes = [errorOf(rig.manager.connect({ signal })), errorOf(rig.manager.connect({ signal }))];
    await settle();
    abort();
    await Promise.all(outcomes);
    expect(rig.status).toBe('closing');
  });

  test('leaves the wish of somebody who came in the same tick', async () => {
    const rig = new Rig();
    const { signal, abort } = abortable();
    const aborted = errorOf(rig.manager.connect({ signal }));
    await settle();
    abort();
    const other = rig.manager.connect();
    await aborted;
    await rig.finish();
    expect(await look(other)).toEqual({ value: INFO });
  });

  test('leaves a connection that was up before', async () => {
    const rig = new Rig();
    await rig.connect();
    await rig.lose();
    const { signal, abort } = abortable();
    const outcome = errorOf(rig.manager.connect({ signal }));
    abort();
    await outcome;
    expect(rig.status).toBe('reconnecting');
  });

  test('leaves nothing on a signal that lives on', async () => {
    const rig = new Rig();
    const { signal } = abortable();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const added = vi.spyOn(signal, 'addEventListener');
    const connected = rig.manager.connect({ signal });
    await rig.finish();
    await connected;
    await rig.manager.waitFor('connected', { signal, timeout: 5 });
    const checked = rig.manager.checkHealth({ signal });
    await settle();
    await rig.answerProbe();
    await checked;
    expect(added.mock.calls.length).toBeGreaterThan(2);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });
});

describe('disconnect', () => {
  test('drains, says goodbye, closes, and resolves when all of it is done', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const left = rig.manager.disconnect();
    await settle();
    expect(rig.manager.state).toEqual({ status: 'closing' });
    expect(rig.manager.client).toBeNull();
    expect(session).toMatchObject({ saidGoodbye: true, isClosing: false });
    session.drained();
    expect(await look(left)).toBe('pending');
    expect(session.isClosing).toBe(true);
    session.finishClosing();
    expect(await look(left)).toEqual({ value: undefined });
    expect(rig.manager.state).toEqual({ status: 'disconnected' });
  });

  test('resolves at once when there is nothing to leave', async () => {
    const rig = new Rig();
    await rig.manager.disconnect();
    expect(rig.status).toBe('disconnected');
  });

  test('gives everybody who asked the same end', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const both = Promise.all([rig.manager.disconnect(), rig.manager.disconnect()]);
    await settle();
    session.drained();
    session.finishClosing();
    expect(await look(both)).toEqual({ value: [undefined, undefined] });
  });

  test('from an attempt does not drain', async () => {
    const rig = new Rig();
    const outcome = errorOf(rig.manager.connect());
    const session = await rig.handshake();
    const left = rig.manager.disconnect();
    expect(await outcome).toMatchObject({ code: 'SUPERSEDED' });
    expect(session).toMatchObject({ saidGoodbye: false, isClosing: true });
    session.finishClosing();
    await left;
  });

  test('rejects with SUPERSEDED when somebody connects meanwhile; the connection comes back', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const outcome = errorOf(rig.manager.disconnect());
    await settle();
    const connected = rig.manager.connect();
    expect(await outcome).toMatchObject({ name: 'WaitError', code: 'SUPERSEDED' });
    session.drained();
    session.finishClosing();
    await rig.finish();
    expect(await look(connected)).toMatchObject({ value: { protocolVersion: '2025-11-25' } });
    expect(rig.sessions).toHaveLength(2);
  });

  test('row 36: of connect, disconnect and connect in one tick the last one counts', async () => {
    const rig = new Rig();
    const [first, second] = [errorOf(rig.manager.connect()), errorOf(rig.manager.disconnect())];
    const third = rig.manager.connect();
    expect(await first).toMatchObject({ code: 'SUPERSEDED' });
    // It was disconnected for a moment, and that is what was asked for.
    expect(await look(second)).toMatchObject({ error: expect.anything() });
    await rig.finish();
    expect(await look(third)).toEqual({ value: INFO });
    expect(rig.sessions).toHaveLength(1);
  });

  test('rejects with RELEASE_FAILED when the session does not end; a connect then closes first', async () => {
    const rig = new Rig({ timeout: { release: 500 } });
    const session = await rig.connect();
    const outcome = errorOf(rig.manager.disconnect());
    await settle();
    session.drained();
    await settle();
    await rig.clock.advance(500);
    expect(await outcome).toMatchObject({ name: 'ConnectionError', code: 'RELEASE_FAILED' });
    expect(rig.status).toBe('failed');

    const connected = rig.manager.connect();
    await settle();
    expect(rig.status).toBe('closing');
    expect(rig.sessions).toHaveLength(1);
    session.finishClosing();
    await rig.finish();
    expect(await look(connected)).toMatchObject({ value: INFO.protocolVersion ? {} : {} });
    expect(rig.sessions).toHaveLength(2);
  });
});

describe('terminate', () => {
  test('ends everything and stays', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const over = Promise.all([rig.manager.terminate(), rig.manager.terminate()]);
    await settle();
    session.drained();
    session.finishClosing();
    await over;
    await rig.manager.terminate();
    await rig.manager.disconnect();
    expect(rig.manager.state).toEqual({ status: 'terminated' });
    expect(rig.clock.delays).toEqual([]);
  });

  test('cannot be taken back', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const over = rig.manager.terminate();
    await settle();
    expect(await look(rig.manager.connect())).toMatchObject({ error: { code: 'SUPERSEDED' } });
    session.drained();
    session.finishClosing();
    await over;
    expect(rig.status).toBe('terminated');
  });

  test('rejects with RELEASE_FAILED when the session does not end, and is terminated all the same', async () => {
    const rig = new Rig();
    const session = await rig.connect();
    const outcome = errorOf(rig.manager.terminate());
    await settle();
    session.drained();
    await rig.clock.advance(10_000);
    expect(await outcome).toMatchObject({ code: 'RELEASE_FAILED' });
    expect(rig.status).toBe('terminated');
    expect(await errorOf(rig.manager.terminate())).toMatchObject({ code: 'RELEASE_FAILED' });
  });

  test('is what `await using` does', async () => {
    const rig = new Rig();
    await rig.manager[Symbol.asyncDispose]();
    expect(rig.status).toBe('terminated');
  });

  test('lets nobody wait any longer', async () => {
    const rig = new Rig();
    const waits = [
      errorOf(rig.manager.waitFor('connected')),
      errorOf(rig.manager.checkHealth()),
      errorOf(rig.manager.authorize('code')),
    ];
    await rig.manager.terminate();
    expect(await Promise.all(waits)).toMatchObject([
      { code: 'TERMINATED' },
      { code: 'NOT_CONNECTED' },
      { code: 'AUTHORIZATION_FAILED' },
    ]);
    expect(await errorOf(rig.manager.waitFor('connected'))).toMatchObject({ code: 'TERMINATED' });
    expect(await rig.manager.waitFor('terminated')).toEqual({ status: 'terminated' });
  });
});

describe('reconnect', () => {
  test('puts a new session in place of the running one, which is closed first', async () => {
    const rig = new Rig();
    const first = await rig.connect();
    const again = rig.manager.reconnect();
    await settle();
    expect(first.isClosing).toBe(true);
    expect(rig.sessions).toHaveLength(1);
    first.finishClosing();
    await rig.finish();
    expect(await look(again)).toEqual({ value: INFO });
    expect(rig.sessions).toHaveLength(2);
    expect(rig.manager.stats.disconnects).toEqual({ requested: 1 });
  });

  test('does not close again what has ended before', async () => {
    const rig = new Rig();
    const first = await rig.connect();
    await rig.lose();
    const close = vi.spyOn(first, 'close');
    rig.clock.step();
    await rig.finish();
    await rig.lose();
    expect(rig.status).toBe('reconnecting');
    expect(close).not.toHaveBeenCalled();
  });

  test('skips the backoff', async () => {
    const rig = new Rig();
    await rig.connect();
    await rig.lose();
    expect(rig.manager.state).toEqual({ status: 'reconnecting', retryCount: 1 });
    const again = rig.manager.reconnect();
    await rig.finish();
    expect(await look(again)).toMatchObject({ value: { protocolVersion: '2025-11-25' } });
    expect(rig.clock.now()).toBe(0);
  });

  test('connects where nothing was', async () => {
    const rig = new Rig();
    const connected = rig.manager.reconnect();
    await rig.finish();
    expect(await look(connected)).toEqual({ value: INFO });
  });
});

describe('checkHealth', () => {
  test('asks now and says what came of it', async () => {
    const rig = new Rig();
    await rig.connect();
    const checked = rig.manager.checkHealth();
    await settle();
    expect(rig.session.probes).toHaveLength(2);
    rig.session.probes[1]?.fail(new Error('it is ill'));
    expect(await look(checked)).toEqual({ value: { status: 'degraded', reason: 'it is ill' } });
    expect(rig.manager.health).toEqual({ status: 'degraded', reason: 'it is ill' });
  });

  test('joins the probe under way', async () => {
    const rig = new Rig();
    await rig.connect();
    const both = Promise.all([rig.manager.checkHealth(), rig.manager.checkHealth()]);
    await settle();
    expect(rig.session.probes).toHaveLength(2);
    await rig.answerProbe();
    expect(await look(both)).toEqual({ value: [{ status: 'healthy' }, { status: 'healthy' }] });
  });

  test('says unhealthy when it was the last straw', async () => {
    const rig = new Rig({ healthCheck: { failureThreshold: 1 } });
    await rig.connect();
    const checked = rig.manager.checkHealth();
    await settle();
    await rig.clock.advance(5_000);
    expect(await look(checked)).toMatchObject({ value: { status: 'unhealthy' } });
    expect(rig.status).toBe('reconnecting');
  });

  test('rejects with NOT_CONNECTED without a session, and when it goes', async () => {
    const rig = new Rig();
    expect(await errorOf(rig.manager.checkHealth())).toMatchObject({
      name: 'WaitError',
      code: 'NOT_CONNECTED',
    });
    await rig.connect();
    const outcome = errorOf(rig.manager.checkHealth());
    await settle();
    rig.session.lost(exited());
    expect(await outcome).toMatchObject({ code: 'NOT_CONNECTED' });
  });

  test('asks nothing when it was given up on before', async () => {
    const rig = new Rig();
    await rig.connect();
    const reason = new Error('too late');
    expect(await errorOf(rig.manager.checkHealth({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await errorOf(rig.manager.waitFor('connected', { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    expect(rig.session.probes).toHaveLength(1);
  });

  test('can be given up on', async () => {
    const rig = new Rig();
    await rig.connect();
    const { signal, abort } = abortable();
    const outcome = errorOf(rig.manager.checkHealth({ signal }));
    await settle();
    const reason = abort();
    expect(await outcome).toBe(reason);
    expect(rig.session.probes[1]?.signal.aborted).toBe(false);
  });
});

describe('authorize', () => {
  const challenge = new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization');

  async function challenged(): Promise<Rig> {
    const rig = new Rig();
    const outcome = errorOf(rig.manager.connect());
    await settle();
    await rig.lose(challenge);
    expect(await outcome).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    return rig;
  }

  test('finishes on the session that met the challenge, and the connection goes on', async () => {
    const rig = await challenged();
    const authorized = rig.manager.authorize('a code');
    await settle();
    expect(rig.sessions[0]?.codes).toEqual(['a code']);
    expect(await look(authorized)).toBe('pending');
    rig.sessions[0]?.authorized();
    expect(await look(authorized)).toEqual({ value: undefined });
    await rig.finish();
    expect(rig.status).toBe('connected');
    expect(rig.sessions).toHaveLength(2);
  });

  test('rejects with AUTHORIZATION_FAILED and the cause when the code is refused; another may be tried', async () => {
    const rig = await challenged();
    const outcome = errorOf(rig.manager.authorize('a wrong code'));
    await settle();
    const refusal = new Error('invalid_grant');
    rig.sessions[0]?.authorizationRefused(refusal);
    expect(await outcome).toMatchObject({
      name: 'ConnectionError',
      code: 'AUTHORIZATION_FAILED',
      cause: refusal,
    });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    expect(rig.manager.stats.lastError).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
  });

  test('rejects in the transport’s own words where it has some', async () => {
    const rig = await challenged();
    const outcome = errorOf(rig.manager.authorize('a code'));
    await settle();
    rig.sessions[0]?.authorizationRefused(new ConnectionError('FORBIDDEN', 'not you'));
    expect(await outcome).toMatchObject({ code: 'FORBIDDEN', message: 'files: not you' });
  });

  test('rejects when somebody disconnects or terminates meanwhile', async () => {
    for (const [leave, code] of [
      ['disconnect', 'SUPERSEDED'],
      ['terminate', 'TERMINATED'],
    ] as const) {
      const rig = await challenged();
      const outcome = errorOf(rig.manager.authorize('a code'));
      await settle();
      await rig.manager[leave]();
      expect(await outcome).toMatchObject({ name: 'WaitError', code });
    }
  });

  /** A connection whose user was asked, and whose session takes its time to end. */
  async function leaving(): Promise<Rig> {
    const rig = new Rig();
    await rig.connect();
    rig.session.lost(challenge);
    await settle();
    expect(rig.status).toBe('reconnecting');
    return rig;
  }

  test('waits for the end of the session that met the challenge, which a browser may precede', async () => {
    const rig = await leaving();
    const authorized = [rig.manager.authorize('a code'), rig.manager.authorize('another')];
    await settle();
    expect(rig.session.codes).toEqual([]);
    rig.session.finishClosing();
    await settle();
    expect(rig.session.codes).toEqual(['a code']);
    rig.session.authorized();
    expect(await look(Promise.all(authorized))).toEqual({ value: [undefined, undefined] });
    await rig.finish();
    expect(rig.status).toBe('connected');
  });

  test('rejects when somebody leaves before that', async () => {
    for (const [leave, code] of [
      ['disconnect', 'SUPERSEDED'],
      ['terminate', 'TERMINATED'],
    ] as const) {
      const rig = await leaving();
      const outcome = errorOf(rig.manager.authorize('a code'));
      await settle();
      const left = rig.manager[leave]();
      expect(await outcome).toMatchObject({ name: 'WaitError', code });
      rig.session.finishClosing();
      await left;
      expect(rig.session.codes).toEqual([]);
    }
  });

  test('rejects with AUTHORIZATION_FAILED where none is waited for', async () => {
    const rig = new Rig();
    expect(await errorOf(rig.manager.authorize('a code'))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    const connected = rig.manager.connect();
    await settle();
    expect(await errorOf(rig.manager.authorize('a code'))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    await rig.finish();
    await connected;
    expect(await errorOf(rig.manager.authorize('a code'))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
  });

  test('rejects when the exchange takes too long', async () => {
    const rig = await challenged();
    const outcome = errorOf(rig.manager.authorize('a code'));
    await settle();
    await rig.clock.advance(60_000);
    expect(await outcome).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    expect(rig.status).toBe('authorizing');
  });
});

describe('waitFor', () => {
  test('takes a status or a predicate, and the present state counts', async () => {
    const rig = new Rig();
    expect(await rig.manager.waitFor('disconnected')).toEqual({ status: 'disconnected' });
    const second = rig.manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 2);
    await rig.connect();
    await rig.lose();
    expect(await look(second)).toBe('pending');
    rig.clock.step();
    await settle();
    await rig.lose();
    expect(await look(second)).toEqual({ value: { status: 'reconnecting', retryCount: 2 } });
  });

  test('rejects with WAIT_TIMEOUT and says what it found instead', async () => {
    const rig = new Rig();
    const outcome = errorOf(rig.manager.waitFor('connected', { timeout: 250 }));
    await rig.clock.advance(249);
    expect(await look(outcome)).toBe('pending');
    await rig.clock.advance(1);
    expect(await outcome).toMatchObject({
      name: 'WaitError',
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('disconnected'),
    });
  });

  test('leaves no timer behind, however it ends', async () => {
    const rig = new Rig();
    const { signal, abort } = abortable();
    const [aborted, matched] = [
      errorOf(rig.manager.waitFor('connected', { timeout: 100, signal })),
      rig.manager.waitFor('terminated', { timeout: 100 }),
    ];
    expect(rig.clock.delays).toEqual([100, 100]);
    const reason = abort();
    expect(await aborted).toBe(reason);
    await rig.manager.terminate();
    await matched;
    expect(rig.clock.delays).toEqual([]);
  });

  test('refuses a time that cannot work', async () => {
    const rig = new Rig();
    for (const timeout of [Number.NaN, -1, 2 ** 31]) {
      expect(await errorOf(rig.manager.waitFor('connected', { timeout }))).toMatchObject({
        name: 'ConfigError',
        field: 'timeout',
      });
    }
  });
});

function abortable() {
  const controller = new AbortController();
  const reason = new Error('nobody needs it any more');
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort(reason);
      return reason;
    },
  };
}
