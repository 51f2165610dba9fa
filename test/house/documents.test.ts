import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultRows } from './faultRows.js';
import { readSources } from './importGraph.js';
import { brokenLinks, linksOf, markdownFiles } from './links.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the documents', () => {
  test('link to what is there', () => {
    const files = markdownFiles(root);
    expect(files).toContain('README.md');
    expect(files).toContain('docs/decisions/README.md');
    expect(brokenLinks(root, files)).toEqual([]);
  });

  test('list every decision', () => {
    const folder = join(root, 'docs/decisions');
    const there = readdirSync(folder).filter((file) => file !== 'README.md');
    const listed = linksOf(readFileSync(join(folder, 'README.md'), 'utf8'));
    expect(listed.sort()).toEqual(there.sort());
  });
});

describe('the table of faults', () => {
  const rows = faultRows(readFileSync(join(root, 'docs/faults.md'), 'utf8'));
  const sources = readSources(root, ['test'], '.ts');
  const numbers = new Set(rows.map(({ number }) => number));
  const named = (sources: Iterable<string>, pattern: RegExp) =>
    new Set([...sources].flatMap((source) => [...source.matchAll(pattern)]).map(([, row]) => Number(row)));
  const played = named(sources.values(), /^row\((\d+),/gm);

  test('has each row once, in order', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect([...numbers]).toEqual(rows.map(({ number }) => number).sort((one, other) => one - other));
  });

  test('has every row that a test names', () => {
    const cited = named(sources.values(), /\brow (\d+)\b/g);
    expect([...cited, ...played].filter((row) => !numbers.has(row))).toEqual([]);
  });

  test('says which rows the matrix plays', () => {
    const said = rows.filter(({ isPlayed }) => isPlayed).map(({ number }) => number);
    expect(said).toEqual([...played].sort((one, other) => one - other));
  });
});

describe('the check of links', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcp-lifeline-links-'));
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'docs', 'other.md'), '# Other\n\n## What it is, `now`\n');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const broken = (text: string) => {
    writeFileSync(join(folder, 'README.md'), text);
    return brokenLinks(folder, markdownFiles(folder));
  };

  test.each([
    '[a](docs/another.md)',
    '![a](docs/picture.svg)',
    '[![a](docs/picture.svg)](docs/other.md)',
    '[a](docs/other.md#that)',
    '[a](#here)',
  ])('finds %s', (text) => {
    expect(broken(text)).toHaveLength(1);
  });

  test.each([
    '[a](docs/other.md)',
    '[a](docs)',
    '[a](docs/other.md#what-it-is-now)',
    '# Here\n[a](#here)',
    '[a](https://example.org/nowhere.md)',
    '`[a](nowhere.md)`',
    '```md\n[a](nowhere.md)\n```',
  ])('lets %s through', (text) => {
    expect(broken(text)).toEqual([]);
  });
});
