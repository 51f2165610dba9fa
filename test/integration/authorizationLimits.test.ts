/** What keeps a connection from asking for ever: servers that no authorization satisfies. */
import { describe, expect, test } from 'vitest';
import { Rig } from './authorizationRig.js';

describe('a server that refuses the token that was just given', () => {
  test('row 27: a renewed one leads to the user, asked once', async () => {
    const rig = await Rig.start();
    await rig.connect();
    await rig.server.set({ refusesTokens: true });
    const { error, counted } = await rig.refused(() => rig.call('write'));
    expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED', mayHaveExecuted: false });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    expect(counted).toMatchObject({ requests: 2, unauthorized: 2, refreshes: 1 });
    expect(rig.user.redirects).toHaveLength(2);
    await rig.server.set({ refusesTokens: false });
    await rig.consent();
    await rig.manager.connect();
    await rig.call('write');
  });

  test.each([
    ['with a refresh token', { refusesTokens: true }],
    ['without one', { refusesTokens: true, refreshable: false }],
    [
      'where it looks at tokens late',
      { refusesTokens: true, open: ['initialize', 'notifications/initialized'] },
    ],
    ['where tokens are over before they are used', { tokenLifetime: -1_000 }],
  ])('row 27: for ever, and a user who always says yes: it fails, %s', async (_, faults) => {
    const rig = await Rig.start(faults);
    const failed = rig.manager.waitFor('failed');
    rig.manager.on('state', ({ to }) => {
      if (to.status === 'authorizing') void rig.consent();
    });
    await rig.refused(() => rig.manager.connect());
    await failed;
    expect(rig.manager.state).toMatchObject({ error: { code: 'AUTHORIZATION_FAILED' } });
    expect(rig.user.redirects).toHaveLength(3);
    const { requests, tokenRequests } = await rig.server.counts();
    expect(requests).toBeLessThanOrEqual(30);
    expect(tokenRequests).toBeLessThanOrEqual(12);
    // It is up to the user to try again, and then the user is asked again.
    await rig.server.set({ refusesTokens: false, tokenLifetime: null });
    await rig.server.act('revoke');
    await rig.refused(() => rig.manager.connect());
    await rig.manager.waitFor('connected');
    expect(rig.user.redirects).toHaveLength(4);
  });

  test('users who were asked and did not answer are asked again, as often as somebody connects', async () => {
    const rig = await Rig.start();
    for (let asked = 1; asked <= 5; asked += 1) {
      const { error } = await rig.refused(() => rig.manager.connect());
      expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
      expect(rig.user.redirects).toHaveLength(asked);
    }
  });
});

const scopesOf = (rig: Rig) => rig.user.redirects.at(-1)?.searchParams.get('scope')?.split(' ');

describe.each([
  ['says what it grants', { namesScopes: true }],
  ['does not say what it grants', { namesScopes: false }],
  ['grants no renewals', { refreshable: false }],
])('R17: a scope that is wanted for a tool, where the authorization server %s', (_, faults) => {
  test('is asked for, and the call then is executed once', async () => {
    const rig = await Rig.start({ ...faults, scopes: { write: 'files:write', erase: 'files:erase' } });
    await rig.connect();
    const first = await rig.refused(() => rig.call('write'));
    expect(first.error).toMatchObject({
      name: 'CallRefusedError',
      code: 'AUTHORIZATION_REQUIRED',
      mayHaveExecuted: false,
    });
    expect(first.counted).toMatchObject({ requests: 2, forbidden: 1, goodbyes: 1, tokenRequests: 0 });
    expect(rig.manager.state).toEqual({ status: 'authorizing' });
    expect(scopesOf(rig)).toEqual(['files:write']);
    await rig.consent();
    await rig.manager.connect();
    await rig.call('write');

    // What was granted before is not given up for what is wanted now.
    await rig.refused(() => rig.call('erase'));
    expect(scopesOf(rig)?.sort()).toEqual(['files:erase', 'files:write']);
    await rig.consent();
    await rig.manager.connect();
    await rig.call('erase');
    await rig.call('write');
    expect(await rig.server.counts()).toMatchObject({ write: 2, erase: 1, forbidden: 2, authorizations: 3 });
    // The sessions that were left are not left behind in the server.
    expect(await rig.server.counts()).toMatchObject({ initializes: 3, goodbyes: 2 });
    expect(rig.user.redirects).toHaveLength(3);
  });
});

describe('R17: a server that is never content', () => {
  /** Calls again after each consent, as a patient user does. */
  async function insist(rig: Rig, mostTimes: number): Promise<unknown> {
    for (let times = 0; times < mostTimes; times += 1) {
      const { error } = await rig.refused(() => rig.call('erase'));
      if (error.code !== 'AUTHORIZATION_REQUIRED') return error;
      await rig.consent();
      await rig.manager.connect();
    }
    throw new Error('it never gave up');
  }

  test.each([
    ['with a scope that is never granted', { scopes: { erase: 'files:erase' }, grants: [] }],
    ['with ever another scope', { demandsEver: 'erase' }],
  ])('%s: the user is asked three times, then the call fails', async (_, faults) => {
    const rig = await Rig.start(faults);
    await rig.connect();
    const error = await insist(rig, 10);
    expect(error).toMatchObject({ code: 'FORBIDDEN', mayHaveExecuted: false });
    expect(rig.user.redirects).toHaveLength(4);
    expect(rig.manager.state).toMatchObject({ status: 'connected' });
    expect(await rig.server.counts()).toMatchObject({ forbidden: 4, erase: 0 });
    // Other calls have nothing to do with it.
    await rig.call('write');
  });

  test('with a scope that the token has, as far as is known: it is renewed once, and no user asked', async () => {
    const rig = await Rig.start({ scopes: { erase: 'files:erase' }, grants: [], namesScopes: false });
    await rig.connect();
    await rig.refused(() => rig.call('erase'));
    await rig.consent();
    await rig.manager.connect();
    const { error, counted } = await rig.refused(() => rig.call('erase'));
    expect(error).toMatchObject({ code: 'FORBIDDEN', mayHaveExecuted: false });
    expect(counted).toMatchObject({ forbidden: 2, refreshes: 1, erase: 0 });
    expect(rig.user.redirects).toHaveLength(2);
  });
});
