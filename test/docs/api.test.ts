import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exported } from '../house/exported.js';
import { runOrThrow } from '../support/run.js';
import { root } from './tables.js';

const folder = fileURLToPath(new URL('docs/api', root));
const pagesIn = (from: string) =>
  Object.fromEntries(
    readdirSync(from)
      .sort()
      .map((file) => [file, readFileSync(join(from, file), 'utf8')]),
  );

describe('docs/api', () => {
  const made = mkdtempSync(join(tmpdir(), 'mcp-lifeline-reference-'));

  beforeAll(async () => {
    const generator = fileURLToPath(new URL('test/tools/apiReference.mjs', root));
    await runOrThrow(process.execPath, [generator, made], { cwd: fileURLToPath(root) });
  }, 120_000);

  afterAll(() => rmSync(made, { recursive: true, force: true }));

  test('is what the sources say now; if not: npm run docs:api', () => {
    expect(pagesIn(folder)).toEqual(pagesIn(made));
  });

  test.each(Object.entries(exported))('tells of all that %s exports', (entry, names) => {
    const page = pagesIn(folder)[`${entry.replaceAll('/', '.')}.md`] ?? '';
    const told = new Set(
      [...page.matchAll(/^### ([\w\\]+)/gm)].map(([, name = '']) => name.replaceAll('\\', '')),
    );
    expect(names.filter((name) => !told.has(name))).toEqual([]);
  });

  test('names neither lines of sources nor places elsewhere, and is no burden', () => {
    const pages = Object.values(pagesIn(folder));
    expect(pages.join('').length).toBeLessThan(600_000);
    expect(pages.filter((page) => /Defined in|\.ts:\d+|__namedParameters/.test(page))).toEqual([]);
  });
});
