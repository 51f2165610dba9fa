/** Authorization as a state, against an OAuth authorization server and the MCP server that it protects. */

import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { Rig } from './authorizationRig.js';
import { ForgettingUser, User } from './authorizationUser.js';
import { ascent } from './support.js';

const users: [what: string, user: () => User][] = [
  ['that can forget', () => new ForgettingUser()],
  ['that can do no more than it must', () => new User()],
];

describe('the first connection', () => {
  test('row 27: is no attempt that failed: it waits for the user, once', async () => {
    const rig = await Rig.start();
    const { error } = await rig.refused(() => rig.manager.connect());
    expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED', details: { status: 401 } });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    expect(rig.attempts).toBe(0);
    expect(rig.user.redirects).toHaveLength(1);
    expect(await rig.server.counts()).toMatchObject({
      requests: 1,
      unauthorized: 1,
      initializes: 0,
      registrations: 1,
    });

    const call = await rig.refused(() => rig.call('write'));
    expect(call.error).toMatchObject({
      name: 'CallRefusedError',
      code: 'AUTHORIZATION_REQUIRED',
      state: 'authorizing',
      mayHaveExecuted: false,
    });
    expect(call.counted.requests).toBe(0);
  });

  test('goes on by itself once the user has authorized it', async () => {
    const rig = await Rig.start();
    await rig.connect();
    expect(rig.watched.states()).toEqual([
      'queued',
      'transportSetup',
      'handshakeStart',
      'reconnecting',
      'authorizing',
      ...ascent,
    ]);
    expect(rig.attempts).toBe(0);
    await rig.call('write');
    expect(await rig.server.counts()).toMatchObject({
      unauthorized: 1,
      authorizations: 1,
      tokenRequests: 1,
      exchanges: 1,
      initializes: 1,
      write: 1,
    });
    expect(rig.user.redirects).toHaveLength(1);
  });
});

describe('a token that expires in the middle of a session', () => {
  test('is renewed without a word: the call goes through, and is executed once', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.act('expire');
    const changes = rig.watched.changes.length;
    const counted = await rig.counted(() => rig.call('write'));
    expect(counted).toMatchObject({
      unauthorized: 1,
      refreshes: 1,
      write: 1,
      initializes: 0,
      authorizations: 0,
    });
    expect(rig.watched.changes).toHaveLength(changes);
    expect(rig.user.redirects).toHaveLength(1);
  });

  test('is renewed once for all calls that meet it', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.act('expire');
    await rig.server.set({ holdsTokens: true });
    const counted = await rig.counted(async () => {
      const calls = Array.from({ length: 5 }, () => rig.call('write'));
      await rig.server.until('unauthorized', 6);
      await rig.server.set({ holdsTokens: false });
      await Promise.all(calls);
    });
    expect(counted).toMatchObject({ tokenRequests: 1, refreshes: 1, write: 5 });
  });

  test('a call that is aborted while the token is renewed leaves the others alone', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.act('expire');
    await rig.server.set({ holdsTokens: true });
    const controller = new AbortController();
    const aborted = rig.manager.callTool({ name: 'erase' }, { signal: controller.signal });
    const other = rig.call('write');
    await rig.server.until('unauthorized', 3);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await rig.server.set({ holdsTokens: false });
    await other;
    expect(await rig.server.counts()).toMatchObject({ refreshes: 1, write: 1, erase: 0 });
  });
});

describe.each(users)('a renewal that is refused, of a provider %s', (_what, createUser) => {
  test('row 27: asks the user, once for all calls, and nothing is sent in vain', async () => {
    const rig = await Rig.start({}, { user: createUser() });
    await rig.connect();
    await rig.server.act('revoke');
    const { counted } = await rig.refused(async () => {
      const calls = await Promise.allSettled(Array.from({ length: 5 }, () => rig.call('write')));
      for (const call of calls) {
        expect(call).toMatchObject({
          status: 'rejected',
          reason: { name: 'CallRefusedError', code: 'AUTHORIZATION_REQUIRED', mayHaveExecuted: false },
        });
      }
      throw calls;
    });
    await rig.manager.waitFor('authorizing');
    expect(rig.user.redirects).toHaveLength(2);
    expect(counted).toMatchObject({
      requests: 5,
      unauthorized: 5,
      refreshesRefused: 1,
      write: 0,
      initializes: 0,
    });
    expect(rig.attempts).toBe(0);
  });

  test('after consent there is a new session, set up like the lost one', async () => {
    const roots = [{ uri: 'file:///home' }];
    const rig = await Rig.start(
      {},
      {
        user: createUser(),
        capabilities: { roots: {} },
        configureClient: (client) => client.setRequestHandler(ListRootsRequestSchema, () => ({ roots })),
      },
    );
    await rig.connect();
    await rig.manager.setLoggingLevel('warning');
    await rig.manager.subscribeResource({ uri: 'file:///a' });
    await rig.server.act('revoke');
    await rig.refused(() => rig.call('write'));
    await rig.consent();
    await rig.manager.connect();
    const setUp = { level: 'warning', subscriptions: ['file:///a'] };
    expect(await rig.server.sessions()).toEqual([setUp, setUp]);
    expect(await rig.call('roots')).toMatchObject({ content: [{ text: 'file:///home' }] });
    await rig.call('write');
    expect(await rig.server.counts()).toMatchObject({ write: 1, exchanges: 2, initializes: 2 });
    expect(rig.user.redirects).toHaveLength(2);
  });
});

describe('an exchange that fails', () => {
  test('for a wrong code is told, and may be repeated with the right one', async () => {
    const rig = await Rig.start();
    await rig.refused(() => rig.manager.connect());
    const { error } = await rig.refused(() => rig.manager.authorize('wrong'));
    expect(error).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: expect.stringContaining('invalid_grant'),
      details: { error: 'invalid_grant' },
    });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    expect(rig.manager.health).toEqual({
      status: 'unhealthy',
      reason: expect.stringContaining('invalid_grant'),
    });
    await rig.consent();
    await rig.manager.connect();
    expect(await rig.server.counts()).toMatchObject({ exchanges: 1, authorizations: 1 });
  });

  test('for a user who says no leaves it waiting; connecting asks again', async () => {
    const rig = await Rig.start({ userRefuses: true });
    await rig.refused(() => rig.manager.connect());
    expect(await rig.user.code()).toBeNull();
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    await rig.server.set({ userRefuses: false });
    await rig.connect();
    expect(rig.user.redirects).toHaveLength(2);
  });

  test('for a code of an earlier question is told; that of the last one is good', async () => {
    const rig = await Rig.start();
    await rig.refused(() => rig.manager.connect());
    const earlier = await rig.code();
    await rig.refused(() => rig.manager.connect());
    const { error } = await rig.refused(() => rig.manager.authorize(earlier));
    expect(error).toMatchObject({ code: 'AUTHORIZATION_FAILED', details: { error: 'invalid_grant' } });
    await rig.consent();
    await rig.manager.connect();
  });

  test.each([
    ['is gone', { authDown: true }, { authDown: false }, 'NETWORK_ERROR'],
    ['is out of order', { authStatus: 503 }, { authStatus: null }, 'HTTP_ERROR'],
  ] as const)(
    'because the authorization server %s may be repeated with the same code',
    async (_, fault, cure, code) => {
      const rig = await Rig.start();
      await rig.refused(() => rig.manager.connect());
      const consent = await rig.code();
      await rig.server.set(fault);
      const { error } = await rig.refused(() => rig.manager.authorize(consent));
      expect(error).toMatchObject({ code });
      expect(rig.manager.state).toEqual({ status: 'authorizing' });
      await rig.server.set(cure);
      await rig.manager.authorize(consent);
      await rig.manager.connect();
      expect(rig.user.redirects).toHaveLength(1);
    },
  );

  test('for an authorization server that has forgotten the client: connecting registers it again', async () => {
    const rig = await Rig.start({}, { user: new ForgettingUser() });
    await rig.refused(() => rig.manager.connect());
    const code = await rig.code();
    await rig.server.act('forgetClients');
    const { error } = await rig.refused(() => rig.manager.authorize(code));
    expect(error).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    await rig.connect();
    expect(await rig.server.counts()).toMatchObject({ registrations: 2, exchanges: 1 });
  });
});

describe.each([
  ['is gone', { authDown: true }, { authDown: false }, 'NETWORK_ERROR'],
  ['is out of order', { authStatus: 503 }, { authStatus: null }, 'HTTP_ERROR'],
  ['is too busy', { authStatus: 429 }, { authStatus: null }, 'HTTP_ERROR'],
] as const)('when a token expires and the authorization server %s', (_, fault, cure, code) => {
  test('the call fails, the session lives, and no user is asked for what only time can give', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.act('expire');
    await rig.server.set(fault);
    const { error, counted } = await rig.refused(() => rig.call('write'));
    expect(error).toMatchObject({ code, mayHaveExecuted: false });
    expect(counted).toMatchObject({ requests: 1, write: 0 });
    await rig.server.set(cure);
    await rig.call('write');
    expect(await rig.server.counts()).toMatchObject({ write: 1, initializes: 1 });
    expect(rig.user.redirects).toHaveLength(1);
  });

  test('a new session is tried for until it is back', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.act('expire');
    await rig.server.set(fault);
    const connected = rig.manager.reconnect();
    await rig.manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount > 1);
    await rig.server.set(cure);
    await connected;
    expect(rig.user.redirects).toHaveLength(1);
  });
});
