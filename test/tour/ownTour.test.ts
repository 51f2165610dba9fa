import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EverythingServer } from '../support/everythingServer.js';
import { eventsOf, installCompiledTour, type Line, TourProcess } from './tourProcess.js';

installCompiledTour();

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const filesystem = `${modules}/@modelcontextprotocol/server-filesystem/dist/index.js`;
const helloWorld = `${modules}/mcp-hello-world/build/stdio.js`;
const rude = fileURLToPath(new URL('../fixtures/servers/rude-server.mjs', import.meta.url));

async function tour(...args: string[]): Promise<Line[]> {
  const result = await TourProcess.run(['--json', ...args]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return eventsOf(result.stdout);
}

function last(events: readonly Line[], event: string): Line | undefined {
  return events.findLast((line) => line.event === event);
}

describe('the gentle tour of a command', () => {
  test('calls the tool it is told to, and closes', async () => {
    const call = ['--call', 'add', '--arguments', '{"a":2,"b":40}'];
    const events = await tour(...call, 'node', helloWorld);
    expect(last(events, 'tool.called')).toMatchObject({ tool: 'add', arguments: { a: 2, b: 40 } });
    expect(last(events, 'tool.answered')?.text).toContain('42');
    expect(events.filter(({ event }) => event === 'items.listed').map(({ of }) => of)).toEqual([
      'tools',
      'prompts',
      'resources',
    ]);
    expect(last(events, 'state.changed')).toMatchObject({ to: { status: 'terminated' } });
    expect(last(events, 'connection.ended')).toMatchObject({ statistics: { connects: 1, reconnections: 0 } });
  });

  test('calls by itself only what is read-only, and does not show what that said', async () => {
    const events = await tour('node', filesystem, modules);
    expect(last(events, 'tool.called')).toMatchObject({ tool: 'list_allowed_directories', arguments: {} });
    expect(last(events, 'tool.answered')).toMatchObject({ text: null, characters: expect.any(Number) });
    expect(JSON.stringify(last(events, 'tool.answered'))).not.toContain(modules);
  });

  test('calls nothing where no tool says that it is harmless', async () => {
    const events = await tour('node', helloWorld);
    expect(last(events, 'tool.called')).toBeUndefined();
    expect(last(events, 'tool.skipped')).toBeDefined();
  });

  test('leaves options after the command to the server', async () => {
    const events = await tour('node', '--no-warnings', helloWorld, '--call', '--json', '--help');
    expect(events[1]).toMatchObject({
      event: 'connection.began',
      server: `node --no-warnings ${helloWorld} --call --json --help`,
    });
  });

  test('goes on when the tool or a list is refused', async () => {
    const events = await tour('--call', 'whatever', 'node', rude);
    expect(last(events, 'list.refused')).toMatchObject({ of: 'resources' });
    expect(last(events, 'tour.ended')).toMatchObject({ outcome: 'finished' });
  });

  test.each([
    ['as text', []],
    ['as JSON', ['--json']],
  ])('shows nothing a terminal could obey, %s', async (_form, options) => {
    const served = await TourProcess.run([...options, '--call', 'any', 'node', rude]);
    const failed = await TourProcess.run([...options, 'node', rude, '--exit']);
    expect([served.code, failed.code]).toEqual([0, 1]);
    expect(served.stdout).toContain('rude');
    expect(served.stdout).toContain('said');
    expect(failed.stderr).toContain('Error');
    const shown = [served, failed].map(({ stdout, stderr }) => stdout + stderr).join('');
    const unsafe = shown.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) ?? [];
    expect(unsafe.filter((character) => character !== '\n')).toEqual([]);
  });
});

describe('the gentle tour of a URL', () => {
  let streamable: EverythingServer;
  let sse: EverythingServer;

  beforeAll(async () => {
    [streamable, sse] = await Promise.all([
      EverythingServer.start('streamableHttp'),
      EverythingServer.start('sse'),
    ]);
  });

  afterAll(() => Promise.all([streamable.kill(), sse.kill()]));

  test('speaks Streamable HTTP, shows the beginning of the session id, and ends the session', async () => {
    const events = await tour('--call', 'echo', '--arguments', '{"message":"hi"}', streamable.url);
    expect(last(events, 'tool.answered')).toMatchObject({ text: 'Echo: hi', isError: false });
    const session = events.find((line) => line.session !== undefined)?.session;
    const ended = await streamable.said(/Received session termination request for session/);
    expect(ended.split(' ').at(-1)?.startsWith(String(session))).toBe(true);
    expect(String(session)).toHaveLength(8);
  });

  test('falls back to HTTP+SSE', async () => {
    const events = await tour('--call', 'echo', '--arguments', '{"message":"hi"}', sse.url);
    expect(last(events, 'tool.answered')).toMatchObject({ text: 'Echo: hi', isError: false });
  });

  test('keeps user, password and parameters of the URL to itself', async () => {
    const url = streamable.url.replace('//', '//user:hunter22@');
    const { stdout } = await TourProcess.run([`${url}?key=hunter33`]);
    expect(stdout).not.toContain('hunter');
  });
});
