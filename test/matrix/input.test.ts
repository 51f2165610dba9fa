/** What servers say, and what must not be repeated. */
import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { FaultyHttpServer } from './httpServer.js';
import { row } from './row.js';
import { type Witness, watchClosely } from './witness.js';

const echo = { name: 'echo', arguments: { text: 'here' } };

/** A second line for a log, a command for a terminal, and what turns the direction of writing. */
const rude = 'one\n2000-01-01 root: all is well\r\u001b[2J\u001b]0;title\u0007\u202e\u2028\u0000end';
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What of the connection goes into logs and onto terminals. */
function shown({ manager, log, changes }: Witness, errors: readonly unknown[]): string[] {
  const { state, stats } = manager;
  const records = changes.flatMap(({ to }) => (to.status === 'failed' ? [to.error] : []));
  if (state.status === 'connected') {
    const { name, version, title = '' } = state.info.serverInfo;
    log = [...log, name, version, title, state.info.protocolVersion, ...state.info.negotiatedFeatures];
  }
  const messages = [...records, stats.lastError, ...errors].map((error) =>
    error instanceof Error || (error !== null && typeof error === 'object' && 'message' in error)
      ? String(error.message)
      : String(error),
  );
  return [...log, ...messages, JSON.stringify(manager.health)];
}

function expectLines(lines: readonly string[]): void {
  expect(lines.filter((line) => UNSAFE.test(line))).toEqual([]);
  // Something of it was shown, as escapes.
  expect(lines.join('\n')).toMatch(/root: all is well\\r\\(x1b|u001b)\[2J/);
}

row(61, 'a server says it of itself', async (scene) => {
  const initialize = {
    serverInfo: { name: rude, version: rude, title: rude },
    capabilities: { tools: {}, [rude]: { [rude]: true } },
    instructions: rude,
  };
  const server = await FaultyHttpServer.start(scene, { flags: ['--initialize', JSON.stringify(initialize)] });
  const witness = watchClosely(scene, { server: { url: server.url } });
  await witness.manager.connect();
  expectLines(shown(witness, []));
});

row(61, 'a server says it when it refuses', async (scene) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message: rude } });
  const headers = { 'content-type': 'application/json' };
  const server = await FaultyHttpServer.start(scene, {
    faults: [
      { on: 'initialize', times: 1, status: 422, headers, body },
      { on: 'initialize', from: 1, times: 1, status: 503, headers, body },
      { on: 'echo', status: 500, headers, body },
    ],
  });
  const witness = watchClosely(scene, { server: { url: server.url } });
  const { manager } = witness;
  const errors = [await errorOf(manager.connect())];
  await manager.connect();
  errors.push(await errorOf(scene.call(manager.callTool(echo))));
  expectLines(shown(witness, errors));
});

row(61, 'a process says it on stderr and stdout', async (scene) => {
  // No argument can have a NUL.
  const said = `${rude.replaceAll('\u0000', '')}\n`;
  const witness = watchClosely(scene, {
    server: scene.stdio('--stdout', said, '--stderr', said, '--exit', '1'),
  });
  expectLines(shown(witness, [await errorOf(witness.manager.connect())]));
});

row(61, 'a connection is called so', async (scene) => {
  const witness = watchClosely(scene, { name: `peer${rude}`, server: scene.stdio() });
  const { manager } = witness;
  await manager.connect();
  const errors = [await errorOf(scene.call(manager.callTool({ name: 'exit', arguments: { code: 1 } })))];
  await manager.waitFor('connected');
  await manager.disconnect();
  errors.push(await errorOf(manager.callTool(echo)));
  errors.push(await errorOf(manager.checkHealth()));
  errors.push(await errorOf(manager.waitFor('failed', { timeout: 1 })));
  expectLines(shown(witness, errors));
});
