import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultyServer as faulty } from '../support/faultyServer.js';
import { freePort } from '../support/freePort.js';
import { eventsOf, installCompiledTour, TourProcess } from './tourProcess.js';

installCompiledTour();

/** What went wrong, as whoever mistyped is told: one line. */
async function complaint(...args: string[]): Promise<string> {
  const { code, signal, stderr } = await TourProcess.run(args);
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  return stderr.trimEnd();
}

describe('the tour, asked for what it does not know,', () => {
  test('says so', async () => {
    expect(await complaint('--nope')).toBe("Unknown option '--nope'; --help tells the options");
  });

  test('tells it as an event, too, where events are asked for', async () => {
    const { code, stdout, stderr } = await TourProcess.run(['--json', '--nope']);
    expect(code).toBe(1);
    expect(eventsOf(stdout)).toMatchObject([{ event: 'tour.failed', code: 'USAGE' }]);
    expect(stderr).toContain('--nope');
  });

  test('helps', async () => {
    const { code, stdout, stderr } = await TourProcess.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: npm start');
  });
});

describe('the tour of a server that is none', () => {
  const website = createServer((_request, response) => response.end('<h1>hello</h1>'));
  /** Takes connections, and says nothing. */
  const mute = createTcpServer();
  const urlOf = (server: typeof website | typeof mute) => {
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/mcp`;
  };

  beforeAll(async () => {
    for (const server of [website, mute]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
  });

  afterAll(() => {
    website.close();
    mute.close();
  });

  test.each([
    [
      'no command',
      ['no-such-command-anywhere'],
      /^COMMAND_NOT_FOUND: .*"no-such-command-anywhere": the command was not found$/,
    ],
    ['an empty command', [''], /^CONFIG_INVALID: server\.command: /],
    ['no URL for us', ['ftp://127.0.0.1/mcp'], /^CONFIG_INVALID: server\.url: .*an http: or https: URL$/],
    ['half a URL', ['http://'], /^CONFIG_INVALID: server\.url: /],
    [
      'an exit with last words',
      ['node', faulty, '--stderr', 'Error: no key', '--exit', '3'],
      /^PROCESS_EXITED: .*exited with code 3.*no key/,
    ],
    ['silence', ['--timeout', '300', 'node', faulty, '--hang-on-start'], /^CONNECT_TIMEOUT: .*300 ms/],
    [
      'an old version',
      ['node', faulty, '--protocol', '1999-01-01'],
      /^UNSUPPORTED_PROTOCOL_VERSION: .*1999-01-01/,
    ],
    ['an echo', ['cat'], /^NOT_MCP: .*sends back what it is sent/],
  ])('over stdio: %s', async (_what, args, sentence) => {
    expect(await complaint(...args)).toMatch(sentence);
  });

  test('over HTTP: nobody', async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    expect(await complaint(url)).toMatch(/^CONNECTION_REFUSED: .*refused the connection$/);
  });

  test('over HTTP: a website', async () => {
    expect(await complaint(urlOf(website))).toMatch(/^NOT_MCP: /);
  });

  test('over HTTP: silence', async () => {
    expect(await complaint('--timeout', '300', urlOf(mute))).toMatch(/^CONNECT_TIMEOUT: .*300 ms/);
  });
});
