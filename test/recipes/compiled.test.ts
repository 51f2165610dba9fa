/** Everything that the guides show compiles, as strictly as a reader may be. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../support/run.js';
import { entries, recipeText, root, workshop } from './recipe.js';

const recipes = readdirSync(join(root, 'docs/recipes'))
  .filter((file) => file !== 'README.md')
  .map((file) => `docs/recipes/${file}`);
const guides = [
  'docs/stately.md',
  'docs/opentelemetry.md',
  ...recipes.filter((guide) => guide.endsWith('.md')),
];

/** What the compiler says of files, each beside the others. */
async function compile(sources: { [file: string]: string }): Promise<string> {
  const folder = workshop();
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(folder, file), text);
  const compilerOptions = {
    module: 'nodenext',
    moduleDetection: 'force',
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    jsx: 'react-jsx',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    paths: Object.fromEntries([...entries].map(([entry, source]) => [entry, [source]])),
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(sources) }),
  );
  return (await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'])).stdout;
}

test('all examples of the recipes compile', { timeout: 60_000 }, async () => {
  const sources: { [file: string]: string } = {};
  for (const guide of guides) {
    const text = readFileSync(join(root, guide), 'utf8');
    const names = [...text.matchAll(/<!-- example: (.+?) -->/g)].map(([, name = '']) => name);
    expect([guide, names.length]).not.toEqual([guide, 0]);
    // Not one piece of TypeScript that is not an example.
    expect([guide, [...text.matchAll(/^```(?:ts|tsx|typescript)$/gm)].length]).toEqual([guide, names.length]);
    for (const name of names) sources[`${name}.tsx`] = recipeText(guide, name);
  }
  // The second part of the inspector's recipe imports the first by the name of its file.
  sources['inspector.tsx'] = sources['inspect.tsx'] ?? '';
  expect(await compile(sources)).toBe('');
});

test('and would not with a mistake in one', { timeout: 60_000 }, async () => {
  const said = await compile({
    'wrong.ts': "import { observeConnection } from 'mcp-lifeline/opentelemetry';\nobserveConnection(1);\n",
  });
  expect(said).toContain("Argument of type 'number' is not assignable");
});
