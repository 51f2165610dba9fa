import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompiledSources, compileSources } from '../../support/compileSources.js';
import { faultyServer } from '../../support/faultyServer.js';
import { DeathWatch } from './support.js';

const hostScript = fileURLToPath(new URL('../../fixtures/hosts/stdio-host.mjs', import.meta.url));

let compiled: CompiledSources;
let watch: DeathWatch;
const hosts: Host[] = [];

beforeAll(async () => {
  compiled = await compileSources();
});

afterAll(() => compiled.remove());

beforeEach(async () => {
  watch = await DeathWatch.start();
});

afterEach(async () => {
  for (const host of hosts.splice(0)) host.process.kill('SIGKILL');
  await watch.stop();
});

/** A running host, and the lines it says. */
class Host {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly exit: Promise<unknown[]>;
  stderr = '';
  readonly #lines: AsyncIterator<string>;

  constructor(hostArgs: string[], serverArgs: string[], shell = 'exec "$@"') {
    const args = [hostScript, '--package', compiled.directory, ...hostArgs, '--', faultyServer];
    const command = [process.execPath, ...args, '--watch', watch.port, ...serverArgs];
    this.process = spawn('sh', ['-c', shell, 'sh', ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exit = once(this.process, 'exit');
    hosts.push(this);
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  tell(command: string): void {
    this.process.stdin.write(`${command}\n`);
  }

  /** The next thing the host says. */
  async says(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the host has ended: ${this.stderr}`);
    return JSON.parse(value);
  }

  /** The process ids of its servers, all of them alive. */
  async servers(): Promise<number[]> {
    const pids = await this.says();
    if (!Array.isArray(pids)) throw new Error(`no list: ${JSON.stringify(pids)}`);
    await Promise.all(pids.map((pid) => watch.birth(pid)));
    return pids;
  }
}

/** Servers that only SIGKILL ends. */
const stubborn = ['--ignore-end', '--ignore-term'];

describe('servers end with their host', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s, and the host ends by it', async (signal) => {
    const host = new Host([], stubborn);
    const [server = 0] = await host.servers();
    host.process.kill(signal);
    expect(await host.exit).toEqual([null, signal]);
    await watch.death(server);
  });

  test('by SIGTERM, all of the process group', async () => {
    const host = new Host([], [...stubborn, '--child']);
    await host.servers();
    await watch.births(2);
    host.process.kill('SIGTERM');
    await host.exit;
    await watch.deaths();
  });

  test.each([
    ['process.exit', 'exit', 7],
    ['an uncaught exception', 'throw', 1],
  ])('by %s', async (_, command, code) => {
    const host = new Host([], stubborn);
    const [server = 0] = await host.servers();
    host.tell(command);
    expect(await host.exit).toEqual([code, null]);
    await watch.death(server);
  });

  test('by SIGKILL, as far as they heed the end of their input', async () => {
    const host = new Host([], []);
    const [server = 0] = await host.servers();
    host.process.kill('SIGKILL');
    expect(await host.exit).toEqual([null, 'SIGKILL']);
    await watch.death(server);
  });

  test('while they are being closed', async () => {
    const host = new Host([], stubborn);
    const [server = 0] = await host.servers();
    host.tell('close');
    expect(await host.says()).toEqual({ method: 'notifications/ended' });
    host.process.kill('SIGTERM');
    expect(await host.exit).toEqual([null, 'SIGTERM']);
    await watch.death(server);
  });
});

describe('the decision about a signal', () => {
  test.each(['on', 'once'])('is left to a host that listens by %s', async (handle) => {
    const host = new Host(['--handle', handle], stubborn);
    const [server = 0] = await host.servers();
    host.process.kill('SIGTERM');
    expect(await host.says()).toBe('handled');
    host.tell('ping');
    expect(await host.says()).toEqual({ answer: 1 });
    expect(watch.alive).toEqual([server]);
    host.tell('exit');
    expect(await host.exit).toEqual([7, null]);
    await watch.death(server);
  });

  test('is no one else’s once all servers are closed', async () => {
    const host = new Host([], []);
    await host.servers();
    host.tell('close');
    expect(await host.says()).toBe('closed');
    host.process.kill('SIGTERM');
    expect(await host.exit).toEqual([null, 'SIGTERM']);
  });

  test('is made by one of two copies of the package', async () => {
    const copy = `${compiled.directory}/copy`;
    cpSync(`${compiled.directory}/src`, `${copy}/src`, { recursive: true });
    cpSync(`${compiled.directory}/machines`, `${copy}/machines`, { recursive: true });
    const host = new Host(['--package', copy], stubborn);
    const servers = await host.servers();
    expect(servers).toHaveLength(2);
    host.process.kill('SIGTERM');
    expect(await host.exit).toEqual([null, 'SIGTERM']);
    await watch.deaths();
  });

  test.each(['before', 'after'])('does not stay open beside signal-exit, loaded %s', async (order) => {
    const host = new Host(['--signal-exit', order], stubborn);
    await host.servers();
    host.process.kill('SIGTERM');
    expect(await host.says()).toEqual({ signalExit: 'SIGTERM' });
    expect(await host.exit).toEqual([null, 'SIGTERM']);
    await watch.deaths();
  });
});

test('row 41: no descriptors left is an error of its own, and passes', async () => {
  const host = new Host([], [], 'ulimit -n 256; exec "$@"');
  await host.servers();
  host.tell('exhaust');
  expect(await host.says()).toBe('EMFILE');
  expect(await host.says()).toEqual({ code: 'RESOURCES_EXHAUSTED', errno: 'EMFILE' });
  expect(await host.says()).toEqual({ pid: expect.any(Number) });
  host.tell('close');
  expect(await host.says()).toBe('closed');
  host.tell('exit');
  expect(await host.exit).toEqual([7, null]);
  expect(host.stderr).toBe('');
});
