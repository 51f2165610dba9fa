import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readSources, staticallyReached } from './importGraph.js';
import { layeringViolations, nodeOnly } from './layers.js';
import { impureNames } from './purity.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const house = readSources(root, ['machines', 'src'], '.ts');
const charts = [...house].filter(([file]) => file.startsWith('machines/'));

/** A house of a few files, to see that a fault in it is found. */
function small(files: { [file: string]: string }) {
  return new Map(Object.entries(files));
}

describe('the layers of the house', () => {
  test('are all read', () => {
    expect(charts.length).toBeGreaterThan(3);
    expect(house.size).toBeGreaterThan(charts.length);
  });

  test('know only what is below them', () => {
    expect(layeringViolations(house)).toEqual([]);
  });

  test('have charts of events, input and outputs alone', () => {
    expect(
      charts.flatMap(([file, source]) => impureNames(file, source).map((name) => `${file}: ${name}`)),
    ).toEqual([]);
  });

  test('have an entry that loads in a browser', () => {
    expect(nodeOnly(staticallyReached('src/index.ts', house))).toEqual([]);
  });
});

describe('the check of layers', () => {
  const below = {
    'machines/index.ts': '',
    'src/errors.ts': '',
    'src/session/port.ts': '',
    'src/index.ts': '',
  };

  test.each([
    ['an arrow that points up', 'src/transports/http/a.ts', "import { port } from '../../session/port.js'"],
    ['a type from above', 'src/transports/http/a.ts', "import type { Port } from '../../session/port.js'"],
    ['an import() type from above', 'src/transports/a.ts', "let a: import('../session/port.js').Port"],
    ['a dynamic import from above', 'src/transports/a.ts', "await import('../session/port.js')"],
    ['a re-export from above', 'src/transports/a.ts', "export * from '../session/port.js'"],
    ['a named re-export from above', 'src/transports/a.ts', "export { port } from '../session/port.js'"],
    ['a layer that imports the entry', 'src/session/a.ts', "import { x } from '../index.js'"],
    ['a shared file that knows a room', 'src/clock.ts', "import { port } from './session/port.js'"],
    ['a chart that knows an effect', 'machines/a.ts', "import { x } from '../src/errors.js'"],
    ['a chart that imports Node', 'machines/a.ts', "import { setTimeout } from 'node:timers'"],
    [
      'a chart that imports the SDK',
      'machines/a.ts',
      "import type { T } from '@modelcontextprotocol/sdk/types.js'",
    ],
    ['the graph library outside of src/graph', 'src/session/a.ts', "import { x } from '@xstate/graph'"],
    ['the graph library by its other name', 'src/testing/a.ts', "import { x } from 'xstate/graph'"],
    ['a room nobody placed', 'src/attic/a.ts', "import { x } from '../errors.js'"],
    ['an import that cannot be followed', 'src/session/a.ts', 'await import(process.argv[2])'],
  ])('finds %s', (_fault, file, source) => {
    const found = layeringViolations(small({ ...below, [file]: source }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(file);
  });

  test.each([
    ['a room below', 'src/connection/a.ts', "import { port } from '../session/port.js'"],
    ['its own room', 'src/session/a.ts', "import { port } from './port.js'"],
    ['shared files', 'src/transports/http/a.ts', "import { x } from '../../errors.js'"],
    ['the charts', 'src/errors.ts', "import type { x } from '../machines/index.js'"],
    ['xstate, from a chart', 'machines/a.ts', "import { setup } from 'xstate'"],
    ['the graph library, from src/graph', 'src/graph/a.ts', "import { x } from '@xstate/graph'"],
    [
      'nothing: a comment and a text are no imports',
      'machines/a.ts',
      "// import '../src/errors.js'\nf(`import 'fs'`)",
    ],
  ])('lets a file import %s', (_what, file, source) => {
    expect(layeringViolations(small({ ...below, [file]: source }))).toEqual([]);
  });

  test('does not overlook an import of a file that is not there', () => {
    expect(() => layeringViolations(small({ 'src/a.ts': "import './b.js'" }))).toThrow(
      "src/a.ts: no file for './b.js'",
    );
  });
});

describe('the check of the entry', () => {
  const reachedFrom = (files: { [file: string]: string }) =>
    nodeOnly(staticallyReached('src/index.ts', small(files)));

  test('finds a Node module some files away, and names the way', () => {
    const found = reachedFrom({
      'src/index.ts': "export { a } from './a.js'",
      'src/a.ts': "import { type B } from './b.js'",
      'src/b.ts': "import { join } from 'path/posix'; import 'node:fs'",
    });
    const way = 'by way of src/index.ts → src/a.ts → src/b.ts';
    expect(found).toEqual([`path/posix ${way}`, `node:fs ${way}`]);
  });

  test('finds the stdio transports, ours and the one of the SDK', () => {
    const found = reachedFrom({
      'src/index.ts': "export * from './transports/stdio/index.js'",
      'src/transports/stdio/index.ts': "import {} from '@modelcontextprotocol/sdk/client/stdio.js'",
    });
    expect(found).toHaveLength(2);
  });

  test('lets through what is loaded on first use, and types', () => {
    const found = reachedFrom({
      'src/index.ts': "import type { A } from './a.js'; export const a = () => import('./a.js')",
      'src/a.ts': "import 'node:fs'",
    });
    expect(found).toEqual([]);
  });

  test('follows a circle of imports once', () => {
    const found = reachedFrom({
      'src/index.ts': "import './a.js'",
      'src/a.ts': "import './index.js'; import 'fs'",
    });
    expect(found).toEqual(['fs by way of src/index.ts → src/a.ts']);
  });
});

describe('the check of charts', () => {
  test.each([
    ['Date.now()', 'Date'],
    ['new Date()', 'Date'],
    ['Math.random()', 'Math.random'],
    ['process.exit()', 'process'],
    ['setTimeout(f, 1)', 'setTimeout'],
    ['const a = { performance }', 'performance'],
    ['globalThis.fetch(a)', 'globalThis'],
    ['a[Date.now()] = 1', 'Date'],
  ])('finds %s', (source, name) => {
    expect(impureNames('a.ts', source)).toEqual([name]);
  });

  test.each([
    '// Date.now()',
    "const a = 'process.exit()'",
    'a.process.setTimeout',
    'const a = { fetch: 1, process() {} }',
    'class A { process = 1; fetch() {} }',
    'type A = { process: number; fetch(): Date }',
    'Math.min(1, 2)',
  ])('lets %s through', (source) => {
    expect(impureNames('a.ts', source)).toEqual([]);
  });
});
