import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FIELDS } from '../../src/config/schema.js';
import { isToolAllowed } from '../../src/config/toolRules.js';
import { load } from './support.js';

const guide = readFileSync(
  join(fileURLToPath(new URL('../..', import.meta.url)), 'docs/configuration.md'),
  'utf8',
);

function example(): string {
  const block = /<!-- example: configuration -->\n```jsonc\n(.*?)^```$/ms.exec(guide);
  if (block?.[1] === undefined) throw new Error('docs/configuration.md has no marked example');
  return block[1];
}

test('the example of the guide loads as it stands there', () => {
  const { servers, warnings } = load(example(), {
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
