import { channel } from 'node:diagnostics_channel';
import { connect, Server } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { LocalSource } from '../../src/inspect/LocalSource.js';
import { serveInspector } from '../../src/inspect/serveInspector.js';
import { ownHosts } from '../../src/inspect/server/guard.js';
import { LONGEST_ACTION } from '../../src/inspect/server/InspectorServer.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { PoolRig } from '../rigs/poolRig.js';
import { builtPage } from '../support/builtPage.js';
import { ask, inspect, Reader, Subject } from './support.js';

const page = builtPage();
const json = { 'Content-Type': 'application/json' };

/** An inspector of one connection, and a way to ask it with its token. */
async function serve(subject = new Subject('files')) {
  const inspector = await inspect({ managers: [subject.manager] }, page.folder);
  const headers = { Authorization: `Bearer ${inspector.token}` };
  const post = (path: string, body: unknown) =>
    ask(inspector.origin, path, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { ...inspector, subject, headers, post };
}

/** What is answered to these bytes until the server ends it. */
function speak(origin: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(answer));
    socket.write(text);
  });
}

describe('the page', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', 'data-state="active.session.connected"'],
    ['/page.js', 'text/javascript; charset=utf-8', '/api/stream'],
    ['/page.css', 'text/css; charset=utf-8', 'prefers-color-scheme'],
    ['/icon.svg', 'image/svg+xml', '<svg'],
  ])('%s is there without a token, and says nothing of connections', async (path, type, part) => {
    const { origin } = await serve(new Subject('a-name-to-be-seen'));
    const { status, headers, text } = await ask(origin, path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(text).toContain(part);
    expect(text).not.toContain('a-name-to-be-seen');
  });

  test('loads nothing from elsewhere, runs nothing that is written into it, and is kept by nobody', async () => {
    const { origin, headers: own } = await serve();
    for (const path of ['/', '/page.js', '/nothing', '/api/stream']) {
      const { headers } = await ask(origin, path, path === '/nothing' ? { headers: own } : {});
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("style-src 'self'");
      expect(policy).toContain("connect-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.join()).not.toMatch(/unsafe|data:|https?:|\*/);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('has neither scripts nor styles in its text', async () => {
    const { origin } = await serve();
    const { text } = await ask(origin, '/');
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src="\/page.js")/i);
  });
});

describe('whoever has no token', () => {
  test.each([
    ['none', {}],
    ['another', { Authorization: `Bearer ${'x'.repeat(43)}` }],
    ['an empty one', { Authorization: 'Bearer ' }],
    ['one of another kind', { Authorization: 'Basic eDp5' }],
    ['one that is too long', { Authorization: `Bearer ${'x'.repeat(8_000)}` }],
  ])('but %s is told nothing and can do nothing', async (_, headers) => {
    const { origin, subject } = await serve();
    const stream = await ask(origin, '/api/stream', { headers });
    expect(stream.status).toBe(401);
    expect(stream.text).not.toContain('files');
    const body = JSON.stringify({ action: 'reconnect', name: 'files' });
    const act = await ask(origin, '/api/act', { method: 'POST', headers: { ...headers, ...json }, body });
    expect(act.status).toBe(401);
    expect(subject.sessions).toHaveLength(0);
  });

  test('cannot put it into the address either', async () => {
    const { origin, token } = await serve();
    expect((await ask(origin, `/api/stream?token=${token}`)).status).toBe(401);
  });

  test('as it is cut short is another one', async () => {
    const { origin, token } = await serve();
    const headers = { Authorization: `Bearer ${token.slice(0, -1)}` };
    expect((await ask(origin, '/api/stream', { headers })).status).toBe(401);
  });
});

describe('a page from elsewhere', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1', 'localhost:1', '127.0.0.1.evil.example'])(
    'whose name %j was made to lead here gets nothing',
    async (host) => {
      const { origin, headers } = await serve();
      for (const path of ['/', '/api/stream']) {
        expect((await ask(origin, path, { headers: { ...headers, Host: host } })).status).toBe(403);
      }
    },
  );

  test.each(['http://evil.example', 'null', 'https://127.0.0.1:1', 'http://localhost'])(
    'of the origin %s is refused, token or not',
    async (elsewhere) => {
      const { origin, headers, subject } = await serve();
      const body = JSON.stringify({ action: 'reconnect', name: 'files' });
      const answer = await ask(origin, '/api/act', {
        method: 'POST',
        headers: { ...headers, ...json, Origin: elsewhere },
        body,
      });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(subject.sessions).toHaveLength(0);
    },
  );

  test('is known by what browsers say of it', async () => {
    const { origin, headers } = await serve();
    const asked = { headers: { ...headers, 'Sec-Fetch-Site': 'cross-site' } };
    expect((await ask(origin, '/api/stream', asked)).status).toBe(403);
  });

  test('may ask first whether it may, and is not told that it may', async () => {
    const { origin } = await serve();
    const answer = await ask(origin, '/api/act', {
      method: 'OPTIONS',
      headers: { Origin: 'http://evil.example' },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('is not the page itself, by whichever name it was opened', async () => {
    const { origin, headers, post } = await serve();
    const { port } = new URL(origin);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      const named = { ...headers, ...json, Host: host, Origin: `http://${host}` };
      const body = JSON.stringify({ action: 'probe', name: 'files' });
      expect((await ask(origin, '/api/act', { method: 'POST', headers: named, body })).status).toBe(200);
    }
    expect((await post('/api/act', { action: 'probe', name: 'files' })).status).toBe(200);
  });
});

describe('what makes no sense', () => {
  test.each([
    ['no JSON', '{', 400, 'expected JSON'],
    ['a list', '[]', 400, 'expected a JSON object'],
    ['nothing', '', 400, 'expected JSON'],
    ['null', 'null', 400, 'expected a JSON object'],
    ['no action', '{}', 400, 'action: expected a text'],
    ['an action that is none', '{"action":"terminate","name":"files"}', 400, 'action: expected one of'],
    ['an action of all objects', '{"action":"constructor","name":"files"}', 400, 'action: expected one of'],
    ['a name that is none', '{"action":"probe","name":{}}', 400, 'name: expected a text'],
    ['too much', `{"action":"${'x'.repeat(20_000)}"}`, 413, 'bytes at most'],
  ])('is refused: %s', async (_, body, status, words) => {
    const { post } = await serve();
    const answer = await post('/api/act', body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toContain(words);
  });

  test('is refused: a form, which a page from elsewhere could send', async () => {
    const { origin, headers } = await serve();
    const asked = { method: 'POST', headers: { ...headers, 'Content-Type': 'text/plain' }, body: '{}' };
    expect((await ask(origin, '/api/act', asked)).status).toBe(415);
  });

  test.each([
    ['/nothing', 'GET', 404],
    ['/../package.json', 'GET', 404],
    ['/page.css/', 'GET', 404],
    ['/api/act', 'GET', 405],
    ['/', 'POST', 405],
    ['/api/stream', 'DELETE', 405],
  ])('is refused: %s by %s', async (path, method, status) => {
    const { origin, headers } = await serve();
    expect((await ask(origin, path, { method, headers })).status).toBe(status);
  });

  test.each(['no HTTP\r\n\r\n', `GET / HTTP/1.1\r\nHost: ${'x'.repeat(100_000)}\r\n\r\n`])(
    'is refused and does not end the server: %.20s',
    async (text) => {
      const { origin, headers } = await serve();
      expect(await speak(origin, text)).toMatch(/^HTTP\/1.1 4\d\d /);
      expect((await ask(origin, '/nothing', { headers })).status).toBe(404);
    },
  );

  test.each([
    [
      'an absolute address',
      (host: string) => `GET http://${host}/api/stream HTTP/1.1\r\nHost: ${host}\r\n`,
      404,
    ],
    [
      'a host with a dot behind it',
      (host: string) => `GET / HTTP/1.1\r\nHost: ${host.replace(':', '.:')}\r\n`,
      403,
    ],
    ['no host', () => 'GET / HTTP/1.0\r\n', 403],
    [
      'another host in the first of two',
      (host: string) => `GET / HTTP/1.1\r\nHost: evil.example\r\nHost: ${host}\r\n`,
      403,
    ],
    [
      'an upgrade',
      () => 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n',
      403,
    ],
  ])('is refused: %s', async (_, head, status) => {
    const { origin } = await serve();
    const said = await speak(origin, `${head(new URL(origin).host)}Connection: close\r\n\r\n`);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('is let go: a request that does not come to its end', async () => {
    const { origin, token } = await serve();
    const { host } = new URL(origin);
    const parts = [
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `,
      `POST /api/act HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      '',
    ];
    // Nothing but the server ends them.
    const answers = await Promise.all(parts.map((part) => speak(origin, part)));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  }, 30_000);

  test('is refused before it has come: a body without end', async () => {
    const { origin, token } = await serve();
    const { host } = new URL(origin);
    const head =
      `POST /api/act HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const said = await speak(origin, `${head}${`2000\r\n${'x'.repeat(0x2000)}\r\n`.repeat(3)}`);
    expect(said).toMatch(/^HTTP\/1\.1 413 [\s\S]*bytes at most/);
  });

  test('is refused: to look for a stream that is not there', async () => {
    const { post } = await serve();
    expect((await post('/api/focus', { stream: 'none', name: 'files' })).status).toBe(404);
  });

  test('is refused: more pages than there is room for', async () => {
    const { origin, token, headers } = await serve();
    const readers = Array.from({ length: 32 }, () => new Reader(origin, token));
    await Promise.all(readers.map((reader) => reader.until(({ type }) => type === 'frame')));
    expect((await ask(origin, '/api/stream', { headers })).status).toBe(503);
  });
});

describe('the stream', () => {
  test('tells all there is, and then all about the one that is looked at', async () => {
    const { origin, token, post } = await serve();
    const reader = new Reader(origin, token);
    const first = await reader.untilFrame(({ isWhole }) => isWhole);
    expect(first.rows.map(({ name }) => name)).toEqual(['files']);
    expect(first.detail).toBeNull();
    expect((await post('/api/focus', { stream: reader.id, name: 'files' })).status).toBe(200);
    const frame = await reader.untilFrame(({ detail }) => detail !== null);
    expect(frame.detail?.states).toEqual(['disconnected']);
    expect((await post('/api/focus', { stream: reader.id, name: null })).status).toBe(200);
  });

  test('tells an action’s outcome to whoever asked', async () => {
    const { post } = await serve();
    const answer = await post('/api/act', { action: 'disconnect', name: 'files' });
    expect(JSON.parse(answer.text)).toEqual({ isDone: true, text: 'disconnected' });
    const nobody = await post('/api/act', { action: 'reconnect', name: 'nobody' });
    expect(JSON.parse(nobody.text)).toEqual({ isDone: false, text: 'there is no such connection' });
  });

  test('does not have whoever asked for an action wait for one that takes long, and lets it go on', async () => {
    const clock = new SteppingClock();
    const subject = new Subject('files', {}, clock);
    await subject.connect();
    const inspector = await inspect({ managers: [subject.manager], clock }, page.folder);
    const begun = new Promise((resolve) => subject.manager.on('state', resolve));
    const answer = ask(inspector.origin, '/api/act', {
      method: 'POST',
      headers: { Authorization: `Bearer ${inspector.token}`, ...json },
      body: JSON.stringify({ action: 'reconnect', name: 'files' }),
    });
    await begun;
    await settle();
    // A server may take its time for the handshake.
    subject.session.opened();
    await settle();
    await clock.advance(LONGEST_ACTION);
    expect(JSON.parse((await answer).text)).toEqual({ isDone: false, text: 'not done yet; it goes on' });
    subject.session.answered();
    subject.session.completed();
    await settle();
    subject.session.answerProbe();
    await settle();
    expect(subject.manager.state.status).toBe('connected');
  });

  test('of a source that cannot tell is refused, and nobody else suffers', async () => {
    const source = new LocalSource();
    onTestFinished(() => source[Symbol.asyncDispose]());
    const open = vi.spyOn(source, 'open').mockImplementationOnce(() => {
      throw new Error('it cannot tell');
    });
    const inspector = await inspect({ source }, page.folder);
    const reader = new Reader(inspector.origin, inspector.token);
    await reader.ended;
    expect(open).toHaveBeenCalledTimes(1);
    expect(reader.frames).toEqual([]);
    const next = new Reader(inspector.origin, inspector.token);
    await next.untilFrame(({ isWhole }) => isWhole);
  });

  test('has no secret in it', async () => {
    const secret = 'hunter2-hunter2';
    const subject = new Subject('files', {
      server: { command: 'never started', args: [`--key=${secret}`], env: { TOKEN: secret } },
      headers: undefined,
      secrets: [secret],
    });
    const inspector = await inspect(
      { managers: [subject.manager], secrets: ['another-secret'] },
      page.folder,
    );
    const reader = new Reader(inspector.origin, inspector.token);
    await reader.untilFrame(({ isWhole }) => isWhole);
    const headers = { Authorization: `Bearer ${inspector.token}`, ...json };
    const body = JSON.stringify({ stream: reader.id, name: 'files' });
    await ask(inspector.origin, '/api/focus', { method: 'POST', headers, body });
    void subject.manager.connect().catch(() => {});
    await reader.untilFrame(({ detail }) => detail?.states.includes('active.session') === true);
    subject.session.opened();
    subject.session.answered({ serverInfo: { name: 'it is another-secret', version: '1' } });
    const frame = await reader.untilFrame(({ detail }) => detail?.server !== null && detail !== null);
    expect(frame.detail?.server?.name).toBe('it is [secret]');
    expect(reader.text).not.toContain(secret);
    expect(reader.text).not.toContain('another-secret');
    expect(reader.text).not.toContain('never started');
    expect(reader.text).not.toContain(inspector.token);
  });
});

describe('closing', () => {
  test('tells the pages, lets go of the port, and leaves the connections as they are', async () => {
    const subject = new Subject('files');
    await subject.connect();
    const inspector = await inspect({ managers: [subject.manager] }, page.folder);
    const readers = [1, 2, 3].map(() => new Reader(inspector.origin, inspector.token));
    await Promise.all(readers.map((reader) => reader.until(({ type }) => type === 'frame')));
    await Promise.all([inspector.close(), inspector.close()]);
    await Promise.all(readers.map(({ ended }) => ended));
    expect(readers.map(({ lines }) => lines.at(-1)?.type)).toEqual(['bye', 'bye', 'bye']);
    await expect(ask(inspector.origin, '/')).rejects.toThrow('ECONNREFUSED');
    expect(subject.manager.state.status).toBe('connected');
  });

  test('does not wait for an action', async () => {
    const clock = new SteppingClock();
    const subject = new Subject('files', {}, clock);
    await subject.connect();
    subject.session.holdsEnd = true;
    const inspector = await inspect({ managers: [subject.manager], clock }, page.folder);
    const timers = clock.delays.length;
    const begun = new Promise((resolve) => subject.manager.on('state', resolve));
    const answer = ask(inspector.origin, '/api/act', {
      method: 'POST',
      headers: { Authorization: `Bearer ${inspector.token}`, ...json },
      body: JSON.stringify({ action: 'disconnect', name: 'files' }),
    });
    const refused = expect(answer).rejects.toThrow();
    await begun;
    await inspector.close();
    await refused;
    expect(clock.delays).not.toContain(LONGEST_ACTION);
    expect(timers).toBeGreaterThan(0);
    expect(subject.manager.state.status).toBe('closing');
    subject.session.holdsEnd = false;
    subject.session.drained();
  });

  test('does not wait for a page that reads nothing', async () => {
    const inspector = await inspect({ managers: [] }, page.folder);
    const socket = connect(Number(new URL(inspector.origin).port), '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => {}).pause();
    socket.write(
      `GET /api/stream HTTP/1.1\r\nHost: ${new URL(inspector.origin).host}\r\nAuthorization: Bearer ${inspector.token}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    await inspector.close();
    const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
    socket.resume();
    expect(await closed).toBe(true);
  });

  test('leaves a source of the embedder’s own open', async () => {
    const subject = new Subject('files');
    const source = new LocalSource({ managers: [subject.manager] });
    onTestFinished(() => source[Symbol.asyncDispose]());
    const inspector = await inspect({ source }, page.folder);
    await inspector.close();
    expect(await source.act('disconnect', 'files')).toMatchObject({ isDone: true });
  });
});

describe('the options', () => {
  test.each([
    [{}, 'source: found'],
    [{ managers: [], source: new LocalSource() }, 'source: found'],
    [{ source: new LocalSource(), secrets: ['hunter2-hunter2'] }, 'secrets: found "values", expected none'],
    [{ managers: [], port: 70_000 }, 'port: found 70000, expected an integer from 0 to 65535'],
    [{ managers: [], port: 1.5 }, 'port: found 1.5'],
    [{ managers: [], host: '0.0.0.0' }, 'host: found "0.0.0.0", expected one of this machine alone'],
    [{ managers: [], host: 'example.com' }, 'host: found "example.com"'],
    [{ managers: [], token: 'short' }, 'token: found "another text"'],
    [{ managers: [], token: 'with a space in between' }, 'token: found "another text"'],
  ])('%o are refused', async (options, words) => {
    await expect(serveInspector(options)).rejects.toThrow(words);
  });

  test('take a token of one’s own, a pool, and the other loopback address', async () => {
    const rig = new PoolRig();
    onTestFinished(() => rig.pool[Symbol.asyncDispose]());
    const inspector = await inspect(
      { pool: rig.pool, host: '::1', token: 'a-token-of-ones-own' },
      page.folder,
    );
    expect(inspector.url).toMatch(/^http:\/\/\[::1\]:\d+\/#a-token-of-ones-own$/);
  });

  test('a port that is taken is said to be', async () => {
    const first = await inspect({ managers: [] }, page.folder);
    const port = Number(new URL(first.origin).port);
    await expect(inspect({ managers: [], port }, page.folder)).rejects.toThrow('EADDRINUSE');
  });
});

test('at the port that is meant without one, it is known without one', () => {
  expect([...ownHosts(80)]).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost:80', '[::1]']));
  expect([...ownHosts(8080)]).not.toContain('127.0.0.1');
});

test('what the system refuses to let in ends nobody', async () => {
  const { origin, headers } = await serve();
  const servers = new Set<Server>();
  const requests = channel('http.server.request.start');
  const keep = (message: unknown) => {
    if (
      typeof message === 'object' &&
      message !== null &&
      'server' in message &&
      message.server instanceof Server
    ) {
      servers.add(message.server);
    }
  };
  requests.subscribe(keep);
  onTestFinished(() => {
    requests.unsubscribe(keep);
  });
  await ask(origin, '/');
  expect(servers.size).toBe(1);
  for (const server of servers) server.emit('error', new Error('accept EMFILE'));
  expect((await ask(origin, '/nothing', { headers })).status).toBe(404);
});
