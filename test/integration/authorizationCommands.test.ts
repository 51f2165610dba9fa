/** Commands that come while the connection waits for its user, or while a code is exchanged. */
import { describe, expect, test } from 'vitest';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { Rig } from './authorizationRig.js';
import { User } from './authorizationUser.js';
import { connection } from './support.js';

/** A connection that waits for its user. */
async function waiting(): Promise<Rig> {
  const rig = await Rig.start();
  await rig.refused(() => rig.manager.connect());
  return rig;
}

/** A connection whose code is with the authorization server, which takes its time. */
async function exchanging(rig?: Rig): Promise<{ rig: Rig; authorized: Promise<unknown> }> {
  const ready = rig ?? (await waiting());
  const code = await ready.code();
  await ready.server.set({ holdsTokens: true });
  const { tokenRequests } = await ready.server.counts();
  // What it comes to is the test's to say, and not before it looks.
  const authorized = ready.manager.authorize(code).then(
    () => 'authorized',
    (error: unknown) => error,
  );
  await ready.server.until('tokenRequests', tokenRequests + 1);
  return { rig: ready, authorized };
}

describe('while it waits for the user', () => {
  test('disconnect ends the wait, and a code that comes later goes nowhere', async () => {
    const rig = await waiting();
    const code = await rig.code();
    await rig.manager.disconnect();
    expect(rig.manager.state).toEqual({ status: 'disconnected' });
    const { error, counted } = await rig.refused(() => rig.manager.authorize(code));
    expect(error).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    expect(counted.tokenRequests).toBe(0);
    await rig.connect();
    expect(rig.user.redirects).toHaveLength(2);
  });

  test('terminate ends it for good', async () => {
    const rig = await waiting();
    await rig.manager.terminate();
    expect(rig.manager.state).toEqual({ status: 'terminated' });
    const { counted } = await rig.refused(async () => rig.manager.authorize(await rig.code()));
    expect(counted.tokenRequests).toBe(0);
  });

  test('those who connect together are told together, and the user is asked once', async () => {
    const rig = await Rig.start();
    const outcomes = await Promise.allSettled([rig.manager.connect(), rig.manager.connect()]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'AUTHORIZATION_REQUIRED' } });
    }
    expect(rig.user.redirects).toHaveLength(1);
  });

  test('the signal of a connect that was told changes nothing any more', async () => {
    const rig = await Rig.start();
    const controller = new AbortController();
    await rig.refused(() => rig.manager.connect({ signal: controller.signal }));
    controller.abort();
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    await rig.consent();
    await rig.manager.connect();
  });
});

describe('while a code is exchanged', () => {
  test('calls are refused', async () => {
    const { rig } = await exchanging();
    const { error } = await rig.refused(() => rig.call('write'));
    expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED', mayHaveExecuted: false });
  });

  test.each([
    ['disconnect', 'disconnected', 'SUPERSEDED'],
    ['terminate', 'terminated', 'TERMINATED'],
  ] as const)('%s ends the exchange, which leaves nothing behind', async (command, status, code) => {
    const { rig, authorized } = await exchanging();
    await rig.manager[command]();
    expect(rig.manager.state).toEqual({ status });
    expect(await authorized).toMatchObject({ code });
    await rig.server.until('tokenRequestsLeft', 1);
    await rig.server.set({ holdsTokens: false });
    expect(rig.user.stored).toBeUndefined();
    expect((await rig.server.counts()).exchanges).toBe(0);
  });

  test.each(['connect', 'reconnect'] as const)('%s joins it', async (command) => {
    const { rig, authorized } = await exchanging();
    const connected = rig.manager[command]();
    await rig.server.set({ holdsTokens: false });
    expect(await authorized).toBe('authorized');
    expect(await connected).toMatchObject({ serverInfo: { name: 'oauth-fixture' } });
    expect(await rig.server.counts()).toMatchObject({ tokenRequests: 1, exchanges: 1, initializes: 1 });
  });

  test('a second code joins it, and goes nowhere', async () => {
    const { rig, authorized } = await exchanging();
    const second = rig.manager.authorize('another');
    await rig.server.set({ holdsTokens: false });
    expect(await authorized).toBe('authorized');
    await second;
    expect(await rig.server.counts()).toMatchObject({ tokenRequests: 1, exchangesRefused: 0 });
  });

  test('who joined it may leave: whoever brought the code still wants the connection', async () => {
    const { rig, authorized } = await exchanging();
    const controller = new AbortController();
    const connected = rig.manager.connect({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connected).rejects.toThrow('enough');
    await rig.server.set({ holdsTokens: false });
    expect(await authorized).toBe('authorized');
    await rig.manager.connect();
  });

  test('its limit ends it, and it may be repeated with the same code', async () => {
    const clock = new SteppingClock();
    const rig = await Rig.start({}, { clock, timeout: { connect: 1_234 } });
    await rig.refused(() => rig.manager.connect());
    const { authorized } = await exchanging(rig);
    clock.fire(1_234);
    expect(await authorized).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: expect.stringContaining('1234 ms'),
    });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    await rig.server.until('tokenRequestsLeft', 1);
    await rig.server.set({ holdsTokens: false });
    await rig.consent();
    await rig.manager.connect();
  });
});

describe('while a token is renewed', () => {
  /** A connection that is being made again, with a token that expired, and a server that takes its time. */
  async function renewing(): Promise<Rig> {
    const rig = await Rig.start();
    await rig.connect();
    await rig.manager.disconnect();
    await rig.server.act('expire');
    await rig.server.set({ holdsTokens: true });
    return rig;
  }

  test('who connects may leave; the token is kept, for it may be the last one that is taken', async () => {
    const rig = await renewing();
    const controller = new AbortController();
    const connected = rig.manager.connect({ signal: controller.signal });
    await rig.server.until('tokenRequests', 2);
    controller.abort(new Error('enough'));
    await expect(connected).rejects.toThrow('enough');
    await rig.server.set({ holdsTokens: false });
    await rig.manager.waitFor('disconnected');
    await rig.manager.connect();
    expect(await rig.server.counts()).toMatchObject({ refreshes: 1, authorizations: 1 });
  });
});

describe('two connections of one user', () => {
  async function two() {
    const user = new User();
    const rig = await Rig.start({}, { user });
    await rig.connect();
    const { manager: other } = connection({ server: { url: rig.server.url }, authProvider: user });
    await other.connect();
    return { rig, other, user };
  }

  test('share a renewal, although a refresh token is good only once', async () => {
    const { rig, other, user } = await two();
    await rig.server.act('expire');
    await rig.server.set({ holdsTokens: true });
    const calls = [rig.call('write'), other.callTool({ name: 'write' })];
    await rig.server.until('unauthorized', 3);
    await rig.server.set({ holdsTokens: false });
    await Promise.all(calls);
    expect(await rig.server.counts()).toMatchObject({ refreshes: 1, refreshesRefused: 0, write: 2 });
    expect(user.redirects).toHaveLength(1);
  });

  test('each ask for themselves; when one was authorized, the other need only connect', async () => {
    const { rig, other, user } = await two();
    await rig.server.act('revoke');
    await rig.refused(() => rig.call('write'));
    await rig.refused(() => other.callTool({ name: 'write' }));
    expect(user.redirects).toHaveLength(3);
    await rig.consent();
    await rig.manager.connect();
    await other.connect();
    await other.callTool({ name: 'write' });
    expect(user.redirects).toHaveLength(3);
    expect(await rig.server.counts()).toMatchObject({ write: 1, exchanges: 2 });
  });
});
