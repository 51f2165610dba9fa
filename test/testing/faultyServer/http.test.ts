/** Each option of the server over HTTP, and what it does. */
import { describe, expect, test } from 'vitest';
import { freePort } from '../../support/freePort.js';
import { DEMONSTRATED_ON_HTTP, type ShownOnHttp } from './demonstrated.js';
import { newFile } from './folder.js';
import { HttpServerProcess, ServerProcess } from './serverProcess.js';

const echo = { name: 'echo', arguments: { text: 'hi' } };
const isEcho = { status: 200, answer: { result: { content: [{ type: 'text', text: 'hi' }] } } };
const handshake = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

async function shaken(...args: string[]): Promise<HttpServerProcess> {
  const server = await HttpServerProcess.start(...args);
  expect(await server.ask('initialize', handshake)).toMatchObject({ status: 200 });
  return server;
}

/** The statuses of so many calls of echo; `none` where there was no answer. */
async function statuses(server: HttpServerProcess, count: number): Promise<(number | 'none')[]> {
  const all: (number | 'none')[] = [];
  for (let number = 1; number <= count; number += 1) {
    const said = await server.ask('tools/call', echo);
    all.push(said === 'none' ? said : said.status);
  }
  return all;
}

const demonstrations: { readonly [option in ShownOnHttp]: () => Promise<void> } = {
  http: async () => {
    const port = await freePort();
    const server = new ServerProcess('--http', String(port));
    expect(await server.line(1)).toBe(`http://127.0.0.1:${port}/mcp`);
    const free = await shaken();
    expect(await free.ask('tools/call', echo)).toMatchObject(isEcho);
    expect((await fetch(new URL('/elsewhere', free.url))).status).toBe(404);
  },
  sse: async () => {
    const server = await HttpServerProcess.start('--sse');
    expect(server.url).toMatch(/\/sse$/);
    const response = await fetch(server.url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const chunk = await response.body?.getReader().read();
    expect(Buffer.from(chunk?.value ?? []).toString()).toMatch(/^event: endpoint\ndata: \/message\?session=/);
  },
  stream: async () => {
    const server = await shaken('--stream');
    const response = await server.post('tools/call', echo);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toMatch(/^event: message\ndata: \{"jsonrpc":"2.0","id":2,"result"/);
  },
  'end-with-input': async () => {
    // What starts without it stays: it prints its URL after the end of its input.
    const staying = new ServerProcess('--http');
    staying.child.stdin.end();
    const url = await staying.line(1);
    expect((await fetch(url)).status).toBe(404);
    const server = await HttpServerProcess.start();
    expect(await server.process.end()).toMatchObject({ code: 0 });
  },
  on: async () => {
    const server = await shaken('--status', '503@2', '--on', 'echo');
    expect(await server.ask('ping')).toMatchObject({ status: 200 });
    expect(await statuses(server, 3)).toEqual([200, 503, 200]);
  },
  status: async () => {
    const server = await shaken('--status', '503@3-4');
    expect(await statuses(server, 4)).toEqual([200, 503, 503, 200]);
  },
  header: async () => {
    const headers = ['--header', 'Retry-After: 7', '--header', 'X-Kind:a test'];
    const server = await HttpServerProcess.start('--status', '429', ...headers);
    const response = await server.post('initialize', handshake);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(response.headers.get('x-kind')).toBe('a test');
  },
  mute: async () => {
    const server = await shaken('--mute', '2', '--print-requests');
    const mute = server.ask('tools/call', echo);
    expect(await server.process.line(3)).toBe('tools/call');
    // The one after it is answered; the mute one ends with the server.
    expect(await server.ask('tools/call', echo)).toMatchObject(isEcho);
    await server.process.end();
    expect(await mute).toBe('none');
  },
  truncate: async () => {
    const server = await shaken('--truncate', '10@2');
    expect(await statuses(server, 2)).toEqual(['none', 200]);
  },
  'content-type': async () => {
    const server = await shaken('--content-type', 'text/html@2');
    const types: (string | null)[] = [];
    for (let number = 1; number <= 2; number += 1) {
      const response = await server.post('tools/call', echo);
      types.push(response.headers.get('content-type'));
      await response.text();
    }
    expect(types).toEqual(['text/html', 'application/json']);
  },
  'drop-connection': async () => {
    const server = await shaken('--drop-connection', '1,3', '--on', 'tools/call');
    expect(await statuses(server, 4)).toEqual(['none', 200, 'none', 200]);
  },
  'expire-session-after': async () => {
    const server = await shaken('--expire-session-after', '2');
    expect(await statuses(server, 4)).toEqual([200, 200, 404, 404]);
    const anew = await server.ask('initialize', handshake);
    expect(anew).toMatchObject({ status: 200 });
    expect(await statuses(server, 3)).toEqual([200, 200, 404]);
  },
  fault: async () => {
    const redirect = { on: 'echo', from: 1, times: 1, status: 302, headers: { location: '{origin}/other' } };
    const stream = { on: 'tools/call', from: 2, events: 'data: {}\n\n', broken: false };
    const server = await shaken('--fault', JSON.stringify(redirect), '--fault', JSON.stringify(stream));
    expect(await statuses(server, 1)).toEqual([200]);
    const response = await server.post('tools/call', echo);
    expect(response.headers.get('location')).toBe(`${new URL(server.url).origin}/other`);
    expect(await (await server.post('tools/call', echo)).text()).toBe('data: {}\n\n');
  },
  record: async () => {
    const record = newFile();
    const server = await shaken('--record', record.path);
    await server.ask('tools/call', echo);
    const requests = record.lines().map((line) => JSON.parse(line));
    expect(requests.map(({ key, path }) => [key, path])).toEqual([
      ['initialize', '/mcp'],
      ['tools/call', '/mcp'],
    ]);
    expect(requests[1].headers['mcp-session-id']).toMatch(/^[\da-f-]{36}$/);
  },
  'print-requests': async () => {
    const server = await shaken('--print-requests');
    await fetch(server.url, { method: 'DELETE' });
    expect((await server.process.end()).stdout).toBe(`${server.url}\ninitialize\nDELETE /mcp\n`);
  },
};

describe('over HTTP', () => {
  test.each(DEMONSTRATED_ON_HTTP)('--%s', async (option) => {
    await demonstrations[option]();
  });

  test('it does with requests what it does on stdio', async () => {
    const args = [
      '--hang-on-call',
      '2',
      '--error-on-ping',
      '1',
      '--slow',
      '20@2',
      '--crash-on-list',
      '--exit',
      '4',
    ];
    const server = await shaken(...args, '--print-requests');
    expect(await server.ask('tools/call', echo)).toMatchObject(isEcho);
    const hanging = server.ask('tools/call', echo);
    await server.process.line(4);
    expect(await server.ask('ping')).toMatchObject({ answer: { error: { code: -32603 } } });
    expect(await server.ask('ping')).toMatchObject({ answer: { result: {} } });
    expect(await server.ask('tools/list')).toBe('none');
    expect(await hanging).toBe('none');
    expect((await server.process.ended).code).toBe(4);
  });

  test('it answers before it crashes, where it is to', async () => {
    const server = await shaken('--crash-after-call', '--exit', '4');
    expect(await server.ask('tools/call', echo)).toMatchObject(isEcho);
    expect((await server.process.ended).code).toBe(4);
  });

  test('its tools misbehave when they are called', async () => {
    const server = await shaken();
    expect(await server.ask('tools/call', { name: 'forget' })).toMatchObject({ status: 200 });
    expect(await server.ask('tools/call', echo)).toMatchObject({ status: 404 });
    await server.ask('initialize', handshake);
    expect(await server.ask('tools/call', { name: 'exit', arguments: { code: 9 } })).toBe('none');
    expect((await server.process.ended).code).toBe(9);
  });
});
