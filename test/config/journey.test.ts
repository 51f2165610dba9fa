// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
/** A file on a disk, all the way to a server that runs. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findConfig } from '../../src/config/findConfig.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { trustDirectory } from '../../src/config/places.js';
import { readConfigText } from '../../src/config/readConfigText.js';
import { recordTrust, trustOf } from '../../src/config/trust.js';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { everything } from '../support/everythingServer.js';
import { put, testFolder } from './support.js';

test('a project’s server is found, trusted, started in its folder, and has the variables that were declared', async () => {
  const home = testFolder();
  const surroundings = { env: {}, home, platform: process.platform };
  const project = join(home, 'project');
  // By a relative path, which leads somewhere from the project's folder alone.
  mkdirSync(project);
  symlinkSync(dirname(everything), join(project, 'server'));
  put(
    join(project, '.mcp.json'),
    JSON.stringify({
      mcpServers: {
        everything: {
          command: '${NODE}',
          args: ['server/index.js', 'stdio'],
          env: { TOKEN: '${TOKEN}', FOLDER: '${workspaceFolder}' },
        },
      },
    }),
  );
  const cwd = join(project, 'src');
  mkdirSync(cwd);

  const found = findConfig({ ...surroundings, cwd });
  if (found === null) throw new Error('no configuration was found');
  const text = readConfigText(found.path);
  const directory = trustDirectory(surroundings);
  expect(trustOf({ ...found, text, directory })).toEqual({ trusted: false, reason: 'unknown' });
  recordTrust({ path: found.path, text, directory });
  expect(trustOf({ ...found, text, directory })).toEqual({ trusted: true });

  const env = { NODE: process.execPath, TOKEN: 'hunter2-is-a-secret', OTHER: 'stays here' };
  const config = loadConfig({ path: found.path, text, env }).servers.get('everything');
  if (config === undefined) throw new Error('the server is missing');
  const { name, server, secrets, policies } = config;
  const manager = new ConnectionManager({ name, server, secrets, ...policies });
  onTestFinished(() => manager.terminate());
  await manager.connect();
  const answer = JSON.stringify(await manager.callTool({ name: 'get-env' }));
  expect(answer).toContain('hunter2-is-a-secret');
  expect(answer).toContain(project);
  expect(answer).not.toContain('stays here');
  expect(JSON.stringify([manager.state, manager.actor.getSnapshot().context])).not.toContain('hunter2');

  writeFileSync(found.path, `${text} `);
  expect(trustOf({ ...found, text: readConfigText(found.path), directory })).toEqual({
    trusted: false,
    reason: 'changed',
  });
});
