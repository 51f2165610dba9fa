import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { chartOf, withDescendants } from '../../src/graph/chart.js';
import { documents, renderDocuments } from '../../src/graph/docs/documents.js';
import { formatDuration, type MachineDocument } from '../../src/graph/docs/machineDocument.js';
import { renderPage } from '../../src/graph/docs/renderPage.js';

const folder = new URL('../../docs/machines/', import.meta.url);

describe('docs/machines', () => {
  test('are what the charts say now; if not: npm run docs:machines', async () => {
    const files = await renderDocuments();
    expect(readdirSync(folder).sort()).toEqual([...files.keys()].sort());
    for (const [name, text] of files) expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
  });

  test('describe every state', () => {
    for (const { machine } of documents) {
      const states = withDescendants(chartOf(machine));
      expect(states.filter(({ description }) => description === undefined).map(({ path }) => path)).toEqual(
        [],
      );
    }
  });
});

describe('a page', () => {
  const machine = createMachine({
    id: 'small',
    initial: 'a',
    states: {
      a: { invoke: { src: 'work', id: 'work', onDone: 'b' }, after: { patience: 'b' }, on: { go: 'b' } },
      b: {},
    },
  });
  const document: MachineDocument = {
    file: 'small',
    machine,
    introduction: '',
    events: [{ title: 'Events', text: '', types: ['go'], rows: 'all' }],
    delays: { patience: { setting: 'patience', defaultText: '1 s' } },
    actors: { work: 'Works.' },
    sections: [],
    ignored: [],
  };

  test('is made where it speaks of the same things as the machine', () => {
    expect(renderPage(document)).toContain('| `work` | Works. | a | → b |  |');
    expect(renderPage(document)).toContain('| `patience` | patience | 1 s | a |');
  });

  test.each([
    ["event 'go' is not on the page", { events: [] }],
    [
      "the machine has no event 'stop'",
      { events: [{ title: '', text: '', types: ['go', 'stop'], rows: 'all' as const }] },
    ],
    ["delay 'patience' is not on the page", { delays: {} }],
    ["actor 'work' is not on the page", { actors: {} }],
    ["the machine has no actor 'rest'", { actors: { work: '', rest: '' } }],
  ])('is refused otherwise: %s', (message, change) => {
    expect(() => renderPage({ ...document, ...change })).toThrow(message);
  });

  test.each([
    [500, '500 ms'],
    [1_500, '1.5 s'],
    [60_000, '60 s'],
    [600_000, '10 min'],
  ])('shows %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
