import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/loadConfig.js';
import { Daemon } from '../../src/daemon/Daemon.js';
import { dial } from '../../src/ipc/dial.js';
import { placesFor, surroundings } from '../../src/ipc/places.js';

const script = fileURLToPath(new URL('../fixtures/servers/faulty-stdio-server.mjs', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test('serves what a command asks, and leaves when it is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-'));
  folders.push(folder);
  const text = JSON.stringify({
    mcpServers: { real: { command: process.execPath, args: [script], disabledTools: ['exit*'] } },
  });
  const { servers } = loadConfig({ path: join(folder, 'config.json'), text, env: {} });
  const places = placesFor('print', {
    ...surroundings(),
    env: { MCP_LIFELINE_RUNTIME_DIR: join(folder, 'run') },
  });
  const lines: string[] = [];
  const daemon = new Daemon({
    places,
    fingerprint: 'print',
    version: '1',
    servers,
    isConfigSame: () => true,
    log: (line) => lines.push(line),
  });
  await new Promise<void>((resolve) => {
    daemon.actor.subscribe((snapshot) => {
      if (snapshot.hasTag('serving')) resolve();
    });
  });
  const { peer } = await dial({ places, version: '1', fingerprint: 'print' });
  expect(await peer.request('servers.list')).toMatchObject([{ name: 'real', status: 'disconnected' }]);
  const answer = await peer.request('tools.call', {
    server: 'real',
    tool: 'echo',
    arguments: { text: 'hi' },
  });
  expect(answer).toMatchObject({ content: [{ type: 'text', text: 'hi' }] });
  await expect(peer.request('tools.call', { server: 'real', tool: 'exit' })).rejects.toMatchObject({
    data: { code: 'TOOL_NOT_ALLOWED' },
  });
  await expect(peer.request('tools.call', { server: 'none', tool: 'exit' })).rejects.toMatchObject({
    data: { code: 'UNKNOWN_SERVER' },
  });
  expect(await peer.request('daemon.status')).toMatchObject({ clients: 1, pool: { total: 1 } });
  await peer.request('daemon.stop');
  expect(await daemon.stopped).toEqual({ reason: 'asked', error: null });
  expect(lines.length).toBeGreaterThan(0);
});
