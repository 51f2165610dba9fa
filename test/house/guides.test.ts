import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../support/run.js';
import { markedExample } from './example.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the package, so that what the example imports is found; ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

/** What the compiler says of the code, against the sources, as strictly as a reader may be. */
async function compile(code: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'guide-'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    paths: {
      'mcp-lifeline': [join(root, 'src', 'index.ts')],
      'mcp-lifeline/config': [join(root, 'src', 'config', 'index.ts')],
      'mcp-lifeline/daemon': [join(root, 'src', 'daemon', 'index.ts')],
      'mcp-lifeline/inspect': [join(root, 'src', 'inspect', 'index.ts')],
    },
  };
  try {
    writeFileSync(join(directory, 'example.ts'), code);
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['example.ts'] }),
    );
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    return (await run(compiler, ['-p', directory, '--pretty', 'false'])).stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test.each([
  'docs/authorization.md',
  'docs/configuration.md',
  'docs/daemon.md',
  'docs/inspect.md',
  'docs/pool.md',
])('the example of %s compiles', async (guide) => {
  const example = markedExample(readFileSync(join(root, guide), 'utf8'));
  expect(await compile(example)).toBe('');
});

test('an example that asks for what is not there does not', async () => {
  const said = await compile(
    `import { ConnectionManager } from 'mcp-lifeline';\nConnectionManager.nothing();\n`,
  );
  expect(said).toContain("Property 'nothing' does not exist");
});
