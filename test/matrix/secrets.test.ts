/** What a connection is given in confidence is repeated by its server, and by nobody else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { FaultyHttpServer } from './httpServer.js';
import { row } from './row.js';
import type { Scene } from './scene.js';
import { TokenKeeper } from './tokenKeeper.js';
import { type Witness, watchClosely } from './witness.js';

/** Every secret, and each as a program may quote it. */
const SENTINEL = /sentinel/i;

/** What of the testimony, and of the files that were written meanwhile, has a secret in it. */
function leaks(scene: Scene, witness: Witness, ours: (file: string) => boolean): string[] {
  const files = readdirSync(scene.folder).filter((file) => !ours(file));
  const contents = files.map((file) => readFileSync(join(scene.folder, file), 'utf8'));
  return [witness.testimony(), ...contents]
    .join('\n')
    .split('\n')
    .filter((line) => SENTINEL.test(line));
}

row(63, 'a process repeats its environment', async (scene) => {
  const env = { TOKEN: 'env-sentinel', QUOTED: 'quoted "sentinel" \\ line' };
  const server = scene.stdio();
  const witness = watchClosely(scene, {
    server: { ...server, env: { ...server.env, ...env } },
    secrets: ['named-sentinel'],
  });
  const { manager, note } = witness;
  await manager.connect();
  for (const pid of scene.mark.pids) note(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  await scene.call(manager.callTool({ name: 'raw', arguments: { text: 'a banner with env-sentinel\n' } }));
  for (const said of [
    ...Object.values(env),
    JSON.stringify(env),
    'named-sentinel',
    encodeURIComponent(env.QUOTED),
  ]) {
    const exit = { name: 'exit', arguments: { code: 1, stderr: `fatal error: ${said}\n` } };
    const error = await errorOf(scene.call(manager.callTool(exit)));
    expect(error).toMatchObject({ cause: { details: { stderr: expect.stringContaining('[secret]') } } });
    note(error);
    await manager.waitFor('connected');
  }
  await manager.terminate();
  expect(leaks(scene, witness, () => false)).toEqual([]);
});

row(63, 'a server repeats headers, tokens and what is in its URL', async (scene) => {
  const secrets = [
    'header-sentinel',
    'bearer-sentinel',
    'function-sentinel',
    'user-sentinel',
    'password-sentinel',
    'query-sentinel',
    'token-sentinel',
    'named-sentinel',
    btoa('user-sentinel:password-sentinel'),
  ].join(' ');
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message: secrets } });
  const server = await FaultyHttpServer.start(scene, {
    flags: [
      '--initialize',
      JSON.stringify({
        serverInfo: { name: secrets, version: secrets, title: secrets },
        capabilities: { tools: {}, [secrets]: {} },
      }),
    ],
    faults: [
      { on: 'initialize', times: 1, status: 422, headers, body },
      { on: 'initialize', from: 1, times: 1, status: 503, headers, body },
      {
        on: 'initialize',
        from: 2,
        times: 1,
        status: 307,
        headers: {
          location: `http://127.0.0.1:1/a-long-path-with-a-sentinel?${secrets.replaceAll(' ', '&')}`,
        },
      },
      { on: 'echo', times: 1, status: 500, headers, body },
      {
        on: 'echo',
        from: 1,
        times: 1,
        status: 403,
        headers: { 'www-authenticate': `Bearer scope="${secrets}"` },
      },
      { on: 'echo', from: 2, times: 1, type: secrets.replaceAll(' ', '-') },
      {
        on: 'echo',
        from: 3,
        times: 1,
        status: 401,
        headers: { 'www-authenticate': `Bearer error="${secrets}"` },
      },
    ],
  });
  const { port } = server;
  const witness = watchClosely(scene, {
    server: {
      url: `http://user-sentinel:password-sentinel@127.0.0.1:${port}/mcp?key=query-sentinel`,
      headers: { 'x-key': 'header-sentinel', 'x-token': 'Bearer bearer-sentinel' },
    },
    headers: () => ({ 'x-late': 'function-sentinel' }),
    secrets: ['named-sentinel'],
    authProvider: new TokenKeeper({
      access_token: 'token-sentinel',
      token_type: 'Bearer',
      issuer: server.origin,
    }),
  });
  const { manager, note } = witness;
  // The second is tried again, and refused for good.
  for (let refusals = 0; refusals < 2; refusals += 1) note(await errorOf(manager.connect()));
  await manager.connect();
  for (let calls = 0; calls < 4; calls += 1) {
    note(await errorOf(scene.call(manager.callTool({ name: 'echo', arguments: { text: 'here' } }))));
  }
  await manager.waitFor('authorizing');
  await manager.terminate();
  // The server was sent all of it.
  expect(JSON.stringify(server.requests)).toMatch(/header-sentinel.*token-sentinel/);
  expect(witness.testimony()).toContain('[secret]');
  expect(leaks(scene, witness, (file) => file.startsWith('requests'))).toEqual([]);
});
