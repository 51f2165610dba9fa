import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ConnectionErrorCode, ConnectionOptions } from '../../src/index.js';
import { faultyServer as faulty } from '../support/faultyServer.js';
import { freePort } from '../support/freePort.js';
import { connection, installed, ProcessMark } from './support.js';

const filesystem = installed('@modelcontextprotocol/server-filesystem/dist/index.js');
const helloWorld = installed('mcp-hello-world/build/stdio.js');

/** Attempts at a connection that was never up: one, or as many as the defaults allow. */
const [once, retried] = [1, 3];

interface Failure {
  code: ConnectionErrorCode;
  sentence: RegExp;
  attempts: number;
  details?: { [fact: string]: unknown };
}

/** The attempt at a connection fails in this way, once for the caller, and ends in `failed`. */
async function expectFailure(
  options: Omit<ConnectionOptions, 'name'>,
  { code, sentence, attempts, details = {} }: Failure,
) {
  const { manager } = connection(options);
  await expect(manager.connect()).rejects.toMatchObject({
    name: 'ConnectionError',
    code,
    message: expect.stringMatching(sentence),
    details,
  });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code } });
  expect(manager.stats.attempts).toBe(attempts);
  await expect(manager.listTools()).rejects.toMatchObject({ code, mayHaveExecuted: false });
  await manager.terminate();
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/mcp`;
}

const website = (answer: RequestListener) => listen(createHttpServer(answer));

describe('commands that lead to no server', () => {
  const mark = new ProcessMark();
  const node = process.execPath;
  const cases: [
    what: string,
    server: { command: string; args?: string[]; cwd?: string },
    failure: Failure,
  ][] = [
    [
      'a command that does not exist',
      { command: 'no-such-command-anywhere' },
      {
        code: 'COMMAND_NOT_FOUND',
        sentence: /"no-such-command-anywhere": the command was not found/,
        attempts: once,
      },
    ],
    [
      'a cwd that does not exist',
      { command: node, args: [faulty], cwd: '/no/such/folder' },
      { code: 'CWD_NOT_FOUND', sentence: /"\/no\/such\/folder" is no directory/, attempts: once },
    ],
    [
      'a script that does not exist',
      { command: node, args: ['/no/such/script.mjs'] },
      {
        code: 'PROCESS_EXITED',
        sentence: /exited with code 1; it said ".*Cannot find module/,
        attempts: retried,
        details: { exitCode: 1, stderr: expect.stringContaining('MODULE_NOT_FOUND') },
      },
    ],
    [
      'a real server that refuses its arguments',
      { command: node, args: [filesystem, '/no/such/folder'] },
      {
        code: 'PROCESS_EXITED',
        sentence: /None of the specified directories are accessible/,
        attempts: retried,
        details: { exitCode: 1, stderr: expect.stringContaining('/no/such/folder') },
      },
    ],
    [
      'a program that speaks something else, and ends',
      { command: 'echo', args: ['hello'] },
      {
        code: 'PROCESS_EXITED',
        sentence: /exited with code 0; it said "hello"/,
        attempts: retried,
        details: { exitCode: 0, stdout: 'hello' },
      },
    ],
    [
      'an echo',
      { command: 'cat' },
      { code: 'NOT_MCP', sentence: /sends back what it is sent/, attempts: once },
    ],
    [
      'an unsupported version',
      { command: node, args: [faulty, '--protocol', '1999-01-01', '--stderr', 'old but proud'] },
      { code: 'UNSUPPORTED_PROTOCOL_VERSION', sentence: /1999-01-01/, attempts: once },
    ],
  ];

  test.each(cases)('%s', async (_what, server, failure) => {
    await expectFailure({ server: { ...server, env: mark.env } }, failure);
    expect(mark.pids).toEqual([]);
  });

  test('a program that says nothing', async () => {
    await expectFailure(
      {
        server: { command: node, args: [faulty, '--silent'], env: mark.env },
        timeout: { connect: 200 },
        retryPolicy: false,
      },
      { code: 'CONNECT_TIMEOUT', sentence: /not connected within 200 ms/, attempts: once },
    );
    expect(mark.pids).toEqual([]);
  });

  test('a server without a required capability', async () => {
    await expectFailure(
      {
        server: { command: node, args: [helloWorld], env: mark.env },
        requiredCapabilities: ['tools', 'logging', 'resources.subscribe'],
      },
      { code: 'CAPABILITY_MISSING', sentence: /logging, resources\.subscribe/, attempts: once },
    );
    expect(mark.pids).toEqual([]);
  });
});

describe('URLs that lead to no server', () => {
  test('a port that refuses', async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    await expectFailure(
      { server: { url } },
      {
        code: 'CONNECTION_REFUSED',
        sentence: /refused the connection/,
        attempts: retried,
        details: { code: 'ECONNREFUSED' },
      },
    );
  });

  test('a port that refuses HTTP+SSE', async () => {
    const url = `http://127.0.0.1:${await freePort()}/sse`;
    await expectFailure(
      { server: { url, type: 'sse' } },
      { code: 'CONNECTION_REFUSED', sentence: /refused the connection/, attempts: retried },
    );
  });

  test('a website', async () => {
    const url = await website((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<h1>hello</h1>');
    });
    await expectFailure(
      { server: { url } },
      { code: 'NOT_MCP', sentence: /not one of MCP: .*text\/html/, attempts: once },
    );
  });

  test('a website without such a page', async () => {
    const url = await website((_request, response) => response.writeHead(404).end('nothing here'));
    await expectFailure(
      { server: { url } },
      { code: 'HTTP_REJECTED', sentence: /404/, attempts: once, details: { status: 404 } },
    );
  });

  test('a website that is down', async () => {
    const url = await website((_request, response) => response.writeHead(503).end());
    await expectFailure(
      { server: { url } },
      { code: 'HTTP_ERROR', sentence: /answered 503/, attempts: retried, details: { status: 503 } },
    );
  });

  test('a door that stays shut', async () => {
    const url = await website((_request, response) => response.writeHead(403).end());
    await expectFailure({ server: { url } }, { code: 'FORBIDDEN', sentence: /forbids it/, attempts: once });
  });

  test('somebody who speaks no HTTP', async () => {
    const url = await listen(createServer((socket) => socket.on('error', () => {}).end('220 ready\r\n')));
    await expectFailure(
      { server: { url } },
      { code: 'NETWORK_ERROR', sentence: /failed/, attempts: retried },
    );
  });

  test('somebody who says nothing', async () => {
    const url = await listen(createServer());
    await expectFailure(
      { server: { url }, timeout: { connect: 200 }, retryPolicy: false },
      { code: 'CONNECT_TIMEOUT', sentence: /not connected within 200 ms/, attempts: once },
    );
  });
});

test('a call on a terminated connection is refused at once', async () => {
  const { manager } = connection({ server: { command: process.execPath, args: [helloWorld] } });
  await manager.connect();
  await manager.terminate();
  await expect(manager.callTool({ name: 'add', arguments: { a: 1, b: 1 } })).rejects.toMatchObject({
    name: 'CallRefusedError',
    code: 'TERMINATED',
    mayHaveExecuted: false,
  });
});
