import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FIELDS } from '../../src/config/schema.js';
import { isToolAllowed } from '../../src/config/toolRules.js';
import { exampleOf } from '../house/codeBlocks.js';
import { everything } from '../support/everythingServer.js';
import { load, put, testFolder } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

test('the example of the guide loads as it stands there', () => {
  const { servers, warnings } = load(exampleOf('docs/configuration.md', guide, 'configuration'), {
    HOME: '/home/ada',
    USERPROFILE: '/home/ada',
    TICKETS_TOKEN: 't',
  });
  expect(warnings).toEqual([]);
  expect(servers.get('files')?.server).toEqual({
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-filesystem', '/home/ada/notes'],
    env: { LOG_LEVEL: 'warn' },
    cwd: '/project',
  });
  const files = servers.get('files') ?? {};
  expect(isToolAllowed(files, 'read_file')).toBe(true);
  expect(isToolAllowed(files, 'write_file')).toBe(false);
  expect(servers.get('tickets')).toMatchObject({
    server: { type: 'http', headers: { Authorization: 'Bearer t' } },
    policies: { timeout: { call: 120_000 }, retryPolicy: { initialAttempts: 5 } },
  });
});

test('the example for hosts does what it says, as it stands there', async () => {
  const code = exampleOf('docs/configuration.md', guide, 'embed')
    .replace("'mcp-lifeline'", `'${join(root, 'src/index.ts')}'`)
    .replace("'mcp-lifeline/config'", `'${join(root, 'src/config/index.ts')}'`);
  const folder = testFolder(join(root, 'test'));
  const { listTools } = await import(put(join(folder, 'example.ts'), code));
  const path = put(
    join(folder, 'config.json'),
    JSON.stringify({
      mcpServers: {
        one: { command: process.execPath, args: [everything, 'stdio'], allowedTools: ['echo', 'get-s*'] },
        lacking: { command: 'none', env: { TOKEN: `\${TOKEN_THAT_IS_NOT_SET}` } },
        off: { command: 'none', disabled: true },
      },
    }),
  );
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  expect(await listTools(path)).toEqual(['one/echo', 'one/get-structured-content', 'one/get-sum']);
  expect(told.mock.calls).toEqual([[expect.stringContaining('no variable TOKEN_THAT_IS_NOT_SET')]]);
});

test('the guide names every field of a server', () => {
  for (const field of FIELDS.server) expect(guide).toContain(`\`${field}\``);
});

test('the guide shows an error as it is', () => {
  const text = '{"mcpServers": {\n\n"files": {"command": "a",\n"args": ["b",\n1]}}}';
  expect(() => load(text)).toThrow(
    '/project/.mcp.json:5: mcpServers.files.args[1]: found a number, expected a string',
  );
  expect(guide).toContain(
    '/project/.mcp.json:5: mcpServers.files.args[1]: found a number, expected a string',
  );
});
