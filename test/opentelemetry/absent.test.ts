import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../house/exampleProject.js';
import { readSources, staticallyReached } from '../house/importGraph.js';
import { bundle } from '../recipes/recipe.js';
import { run } from '../support/run.js';

test('without the API, the entry says what to install', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-lifeline-absent-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'host.mjs');
  await bundle(
    "import { observeConnection } from 'mcp-lifeline/opentelemetry'; console.log(observeConnection);",
    {
      outfile,
      platform: 'node',
    },
  );
  const { code, stderr } = await run(process.execPath, [outfile]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "mcp-lifeline/opentelemetry needs OpenTelemetry's API, which is not installed: npm install @opentelemetry/api",
  );
});

test('nothing else of the package loads it', () => {
  const house = readSources(root, ['machines', 'src'], '.ts');
  const { packages } = staticallyReached('src/index.ts', house);
  expect([...packages.keys()]).toContain('xstate');
  expect([...packages.keys()].filter((name) => name.startsWith('@opentelemetry'))).toEqual([]);
  const users = [...house]
    .filter(([, source]) => source.includes("'@opentelemetry/"))
    .map(([file]) => file.split('/').slice(0, 2).join('/'));
  expect([...new Set(users)]).toEqual(['src/opentelemetry']);
});
