/** Nothing that an authorization is made of shows anywhere, although the authorization server quotes it. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Rig } from './authorizationRig.js';
import { ForgettingUser, User } from './authorizationUser.js';

/** Everything that can be seen of a connection from outside. */
class Witness {
  readonly told: string[] = [];

  see(...facts: unknown[]): void {
    for (const fact of facts) {
      this.told.push(inspect(fact, { depth: 12, showHidden: true }), JSON.stringify(fact) ?? '');
      if (fact instanceof Error) this.told.push(fact.message, String(fact.stack));
    }
  }

  get text(): string {
    return this.told.join('\n');
  }
}

test.each([
  ['that can forget', new ForgettingUser()],
  ['that can do no more than it must', new User()],
])('row 63: neither tokens, codes, verifiers nor client secrets, of a provider %s', async (_, user) => {
  const witness = new Witness();
  const rig = await Rig.start(
    { scopes: { erase: 'files:erase' } },
    {
      user,
      logger: { debug: (message) => witness.see(message), warn: (message) => witness.see(message) },
      inspect: (event) => {
        if (event.type === '@xstate.event') witness.see(event.event);
        if (event.type === '@xstate.snapshot') witness.told.push(JSON.stringify(event.snapshot));
      },
    },
  );
  const { manager, server } = rig;
  manager.on('state', (change) => witness.see(change));
  manager.on('call', (call) => witness.see(call));
  const refused = async (work: () => Promise<unknown>) => {
    witness.see((await rig.refused(work)).error, manager.state, manager.health, manager.stats);
    witness.told.push(JSON.stringify(manager.actor.getPersistedSnapshot()));
  };

  await refused(() => manager.connect());
  const wrong = 'a-wrong-code-of-the-user';
  user.secrets.add(wrong);
  await refused(() => manager.authorize(wrong));
  await rig.consent();
  await manager.connect();
  await refused(() => rig.call('erase'));
  await rig.consent();
  await manager.connect();
  // The refusal quotes the refresh token and the client secret.
  await server.set({ refusesRefresh: true });
  await server.act('expire');
  await refused(() => rig.call('write'));
  await server.act('forgetClients');
  await refused(() => rig.consent());
  await manager.terminate();

  expect(witness.text).toContain('invalid_grant');
  expect(witness.text).toContain('[secret]');
  expect(user.secrets.size).toBeGreaterThan(10);
  for (const secret of user.secrets) expect(witness.text).not.toContain(secret);
});
