// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfigFile, poolServers } from '../../src/config/index.js';
import { markedServers } from '../../src/daemon/servers.js';
import { createConnectionPool } from '../../src/index.js';
import { put, refusal, testFolder } from './support.js';

const file = (servers: object) =>
  put(join(testFolder(), 'config.json'), JSON.stringify({ mcpServers: servers }));

test('a pool has of each server its policies and its secrets, and of the unusable ones nothing', async () => {
  const path = file({
    one: { command: 'a', args: ['${TOKEN}'], timeout: { call: 123 }, retryPolicy: false },
    two: { url: 'http://a', keepAlive: { interval: 5 } },
    lacks: { command: 'a', args: ['${MISSING}'] },
    off: { command: 'a', disabled: true },
  });
  const { servers } = loadConfigFile(path, { env: { TOKEN: 'sentinel' } });
  const forPool = poolServers(servers);
  expect(Object.keys(forPool)).toEqual(['one', 'two']);
  expect(forPool.one).toMatchObject({
    server: { command: 'a', args: ['sentinel'] },
    secrets: ['sentinel'],
    timeout: { call: 123 },
    retryPolicy: false,
  });
  expect(forPool.two).toMatchObject({ server: { url: 'http://a' }, keepAlive: { interval: 5 } });
  await using pool = createConnectionPool({ servers: forPool });
  expect(pool.names).toEqual(['one', 'two']);
});

test('the daemon’s programs have its mark beside their own variables', () => {
  const { servers } = loadConfigFile(
    file({ one: { command: 'a', env: { A: '1' } }, two: { url: 'http://a' } }),
  );
  const marked = markedServers(servers, { MARK: 'x' });
  expect(marked.one).toMatchObject({ server: { env: { A: '1', MARK: 'x' } } });
  expect(JSON.stringify(marked.two)).not.toContain('MARK');
});

test('variables are those of the process where no others are given', () => {
  const { servers } = loadConfigFile(file({ one: { command: '${PATH}' } }));
  expect(servers.get('one')?.server).toMatchObject({ command: process.env.PATH });
});

test('a file that is not there is told', () => {
  const path = join(testFolder(), 'missing.json');
  expect(refusal(() => loadConfigFile(path))).toMatchObject({ code: 'CONFIG_INVALID', file: path });
});
