// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identify } from '../../src/ipc/processIdentity.js';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User, written } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });
const echo = ['call', 'real', 'echo', 'text=hi'];
const pid = ['call', 'real', 'pid'];
const served = { code: 0, stdout: 'hi\n', stderr: '' };

/** One that is dead and not waited for does not live. */
const isAlive = (process: number) => identify(process) !== null;

/** A user with a server of their own, and the process ids of its daemon and of the server. */
async function withServer(): Promise<{ user: User; daemon: number; server: number }> {
  const user = new User(command);
  user.configure({ real: program() });
  const server = Number((await user.lifeline(pid)).stdout);
  const [daemon = 0] = user.daemons;
  expect(isAlive(daemon)).toBe(true);
  expect(isAlive(server)).toBe(true);
  return { user, daemon, server };
}

test('commands share the daemon and its servers', async () => {
  const { user, daemon, server } = await withServer();
  expect(await user.lifeline(pid)).toMatchObject({ stdout: `${server}\n` });
  expect(user.daemons).toEqual([daemon]);
});

test('a call that is lost with the daemon says to programs, too, that it may have been executed', async () => {
  const user = new User(command);
  const ledger = join(user.home, 'ledger');
  user.configure({ real: program('--ledger', ledger) });
  const calling = user.start(['call', 'real', 'never', '--json']);
  await written(ledger, 'never');
  for (const daemon of user.daemons) process.kill(daemon, 'SIGKILL');
  const { stdout } = await calling.ended;
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'PEER_GONE', mayHaveExecuted: true, exitCode: 3 },
  });
  // Ends what the killed one left.
  expect(await user.lifeline(echo)).toMatchObject({ code: 0 });
});

test('other values of variables are another daemon; others than it refers to are not', async () => {
  const user = new User(command);
  user.configure({ real: { ...program(), env: { KEY: '${KEY}' } } });
  const call = (env: { [name: string]: string }) => user.lifeline(['call', 'real', 'pid'], { env });
  const [one, same, other] = [
    await call({ KEY: '1' }),
    await call({ KEY: '1', X: '1' }),
    await call({ KEY: '2' }),
  ];
  expect(one.code).toBe(0);
  expect(same.stdout).toBe(one.stdout);
  expect(other.stdout).not.toBe(one.stdout);
  expect(user.daemons).toHaveLength(2);
});

test('down ends the daemon and its servers', async () => {
  const { user, daemon, server } = await withServer();
  expect(await user.lifeline(['down'])).toMatchObject({ code: 0 });
  expect(user.daemons).toEqual([]);
  expect(isAlive(server)).toBe(false);
  expect(await user.lifeline(echo)).toEqual({ ...served, signal: null });
  expect(user.daemons).not.toContain(daemon);
});

test('down lets a call in flight finish', async () => {
  const user = new User(command);
  await user.lifeline(['up']);
  const watching = user.start(['events', '--json']);
  const calling = user.start(['call', 'demo', 'slow', 'seconds=1']);
  await once(watching.child.stdout, 'data');
  await user.lifeline(['down']);
  expect(await calling.ended).toMatchObject({ code: 0, stdout: 'took 1 s\n' });
  expect(await watching.ended).toMatchObject({ code: 0 });
});

test('a configuration that cannot be used is shown as such', async () => {
  const user = new User(command);
  user.configure({ real: { command: 7 } });
  const { code, stderr } = await user.lifeline(echo);
  expect(code).toBe(1);
  expect(stderr).toContain('mcpServers.real.command');
  expect(user.daemons).toEqual([]);
});
