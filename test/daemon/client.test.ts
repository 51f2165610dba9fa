/** Hosts that use the daemon from their own program, with real daemons and servers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { DaemonClient, DaemonClientOptions } from '../../src/daemon/index.js';
import { buildCommand, User, written } from '../cli/support.js';
import { faultyServer } from '../support/faultyServer.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });

let user: User;

beforeEach(() => {
  user = new User(command);
  for (const [name, value] of Object.entries(user.env)) vi.stubEnv(name, value);
  vi.spyOn(process, 'cwd').mockReturnValue(user.project);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The compiled one: it starts daemons, which plain Node runs. */
function load(): Promise<typeof import('../../src/daemon/index.js')> {
  return import(pathToFileURL(join(dirname(command.path), '../src/daemon/index.js')).href);
}

async function host(options: DaemonClientOptions = {}): Promise<DaemonClient> {
  const client = (await load()).createDaemonClient(options);
  onTestFinished(() => client.close());
  return client;
}

const textOf = async (answer: ReturnType<DaemonClient['callTool']>) => (await answer).content;
const text = (value: string | number) => [{ type: 'text', text: String(value) }];

describe('a host', () => {
  test('starts one daemon with all it asks at once, and shares it with other hosts and with commands', async () => {
    user.configure({ real: program() });
    const [one, other] = [await host(), await host()];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => textOf((index % 2 ? one : other).callTool('real', 'pid'))),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(user.daemons).toEqual([(await one.status()).pid]);
    expect(await one.status()).toMatchObject({ clients: 2 });
    expect(answers[0]).toEqual(text((await user.lifeline(['call', 'real', 'pid'])).stdout.trim()));
  });

  test('has what a server offers, and what becomes of the connections', async () => {
    user.configure({ real: program(), spare: { ...program(), disabled: true } });
    const client = await host();
    expect((await client.listTools('real')).map(({ name }) => name)).toContain('pid');
    expect(await client.callTool('real', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
    expect((await client.ping('real')).health).toMatchObject({ status: 'healthy' });
    expect(await client.servers()).toMatchObject([
      { name: 'real', status: 'connected' },
      { name: 'spare', isDisabled: true },
    ]);
    const enough = new AbortController();
    const seen: string[] = [];
    const connectedAgain = new Promise<void>((resolve) => {
      const listen = ({ text: said }: { text: string }) => {
        seen.push(said);
        if (said.startsWith('connected')) resolve();
      };
      client.watch(listen, { signal: enough.signal }).catch(() => {});
    });
    await client.restart('real');
    await connectedAgain;
    enough.abort();
    expect(seen).not.toEqual([]);
    expect((await client.stats()).pool).toMatchObject({ total: 1, healthy: 1 });
  });

  test('is served by the next daemon when the one before was told to leave', async () => {
    user.configure({ real: program() });
    const client = await host();
    const { pid } = await client.status();
    await client.stop();
    expect(await client.callTool('real', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
    expect((await client.status()).pid).not.toBe(pid);
  });

  test('keeps what it waits for from a daemon that leaves, while it asks the next one', async () => {
    const demo = join(dirname(command.path), '../src/demo/server.js');
    user.configure({ demo: { command: process.execPath, args: [demo] } });
    const [client, other] = [await host(), await host()];
    let slow: Promise<unknown> | undefined;
    await new Promise<unknown>((resolve) => {
      slow = client.callTool('demo', 'slow', { seconds: 1 }, { onprogress: resolve });
    });
    const { pid } = await other.status();
    await other.stop();
    expect(await client.callTool('demo', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
    expect((await client.status()).pid).not.toBe(pid);
    expect(await slow).toMatchObject({ content: text('took 1 s') });
  });

  test('that lets go while it looks for the daemon holds no connection', async () => {
    user.configure({ real: program() });
    const [client, other] = [await host(), await host()];
    await other.status();
    const asked = client.status();
    await client.close();
    await expect(asked).rejects.toMatchObject({ code: 'PEER_GONE', mayHaveExecuted: false });
    await expect(client.status()).rejects.toMatchObject({ code: 'PEER_GONE', mayHaveExecuted: false });
    expect(await other.status()).toMatchObject({ clients: 1 });
  });

  test('that withdraws a request while the daemon starts withdraws no other', async () => {
    user.configure({ real: program() });
    const client = await host();
    const withdrawal = new AbortController();
    const withdrawn = client.status({ signal: withdrawal.signal });
    const kept = client.status();
    const reason = new Error('not wanted');
    withdrawal.abort(reason);
    await expect(withdrawn).rejects.toBe(reason);
    expect((await kept).pid).toBe(user.daemons[0]);
  });
});

describe('a process that is the daemon itself', () => {
  test('serves hosts and commands until it is told to leave', async () => {
    user.configure({ real: program() });
    const { serveDaemon } = await load();
    const leaving = new AbortController();
    let over: ReturnType<typeof serveDaemon> | undefined;
    await new Promise<void>((resolve) => {
      const log = (line: string) => {
        if (line === 'daemon: serving') resolve();
      };
      over = serveDaemon({ log, signal: leaving.signal });
    });
    expect(await serveDaemon()).toEqual({ reason: 'taken', error: null });
    const client = await host({ mayStart: false });
    expect(await client.callTool('real', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
    expect((await client.status()).pid).toBe(process.pid);
    expect(await user.lifeline(['call', 'real', 'echo', 'text=hi'])).toMatchObject({ stdout: 'hi\n' });
    leaving.abort();
    expect(await over).toEqual({ reason: 'asked', error: null });
    expect(user.daemons).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test('is told with what the server was asked, and whether it can have acted', async () => {
    const ledger = join(user.home, 'ledger');
    user.configure({ real: program('--ledger', ledger) });
    const client = await host();
    await expect(client.callTool('none', 'echo')).rejects.toMatchObject({
      name: 'DaemonRequestError',
      code: 'UNKNOWN_SERVER',
      mayHaveExecuted: false,
    });
    await expect(client.readResource('real', 'no:where')).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      server: 'real',
      mayHaveExecuted: true,
    });
    const lost = client.callTool('real', 'never');
    await written(ledger, 'never');
    for (const daemon of user.daemons) process.kill(daemon, 'SIGKILL');
    await expect(lost).rejects.toMatchObject({ code: 'PEER_GONE', server: 'real', mayHaveExecuted: true });
    expect(await client.callTool('real', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
    expect(readFileSync(ledger, 'utf8').match(/never/g)).toHaveLength(1);
  });

  test('has a limit, whether the server answers or not', async () => {
    user.configure({ real: program() });
    const client = await host();
    // It runs: otherwise the time could be over before it is asked.
    await client.callTool('real', 'echo', { text: 'hi' });
    await expect(client.callTool('real', 'never', {}, { timeout: 500 })).rejects.toMatchObject({
      name: 'DaemonRequestError',
      mayHaveExecuted: true,
    });
    await expect(client.status({ timeout: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('starts no daemon where it may not', async () => {
    user.configure({ real: program() });
    const client = await host({ mayStart: false });
    await expect(client.status()).rejects.toMatchObject({ code: 'NO_DAEMON' });
    expect(user.daemons).toEqual([]);
  });

  test('is known before anything is started: no configuration, or one that is not trusted', async () => {
    const { createDaemonClient } = await load();
    expect(() => createDaemonClient()).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    mkdirSync(user.project, { recursive: true });
    const path = join(user.project, '.mcp.json');
    writeFileSync(path, JSON.stringify({ mcpServers: { real: program() } }));
    expect(() => createDaemonClient()).toThrow(expect.objectContaining({ code: 'NOT_TRUSTED' }));
    const client = await host({ config: path });
    expect(await client.callTool('real', 'echo', { text: 'hi' })).toMatchObject({ content: text('hi') });
  });
});
