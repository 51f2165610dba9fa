import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { coverage, transitionsOf } from '../../../src/graph/index.js';
import { connectionModel } from '../../../src/testing/model/connectionModel.machine.js';
import type { ModelTransport } from '../../../src/testing/model/connectionModel.types.js';
import { INVARIANTS } from '../../../src/testing/model/invariants.js';
import { modelPaths, modelStories } from '../../../src/testing/model/stories.js';

const stories = modelStories();
const of = (transport: ModelTransport) => stories.filter((story) => story.transport === transport);

describe('the paths of the model', () => {
  test('reach every state and take every transition', () => {
    const { states, transitions } = coverage(connectionModel, modelPaths());
    expect(states.missing).toEqual([]);
    expect(transitions.missing).toEqual([]);
    expect(transitions.total).toBeGreaterThan(60);
  });

  test('take every transition with each transport, but for those that only one of them has', () => {
    const taken = (transport: ModelTransport) =>
      new Set(of(transport).flatMap(({ steps }) => steps.map(({ from, event }) => `${from}: ${event}`)));
    const all = transitionsOf(connectionModel).map(({ source, eventType }) => `${source}: ${eventType}`);
    const missing = (transport: ModelTransport) => all.filter((each) => !taken(transport).has(each));
    expect(missing('http')).toEqual(['connected: server.defy', 'defying: user.close']);
    expect(missing('stdio').map((each) => each.split(':')[0])).toEqual([
      'connected',
      'connected',
      ...Array(3).fill('expired'),
      ...Array(3).fill('shedding'),
    ]);
  });
});

describe('the stories', () => {
  test('begin where nothing was asked, and each goes on where the last step led', () => {
    for (const { steps } of stories) {
      expect(steps.map(({ from }) => from)).toEqual(['idle', ...steps.slice(0, -1).map(({ to }) => to)]);
    }
  });

  test.each(['stdio', 'http'] as const)('of %s have names of their own', (transport) => {
    const names = of(transport).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(40);
    expect(new Set(names).size).toBe(names.length);
  });

  test('need what their steps need, and most need nothing', () => {
    const needs = (name: string) => of('stdio').find((story) => story.name === name)?.needs;
    expect(needs('connect → call')).toEqual([]);
    expect(needs('connect twice at once')).toEqual(['joins']);
    expect(needs('close → connect')).toEqual(['reopens']);
    expect(needs('connect → the server restarts → it recovers → close')).toEqual(['recovers']);
    expect(needs('connect → the server hangs → it replaces the server')).toEqual(['replaces']);
    expect(needs('connect → the server crashes → it gives up → call')).toEqual(['givesUp']);
    expect(stories.filter((story) => story.needs.length === 0).length).toBeGreaterThan(stories.length / 2);
  });
});

test('every state says what it is', () => {
  for (const node of Object.values(connectionModel.states)) {
    expect(node.description, node.key).toMatch(/^[A-Z].*\.$/);
  }
});

test('every invariant has a sentence and a source', () => {
  for (const [id, { sentence, source }] of Object.entries(INVARIANTS)) {
    expect(sentence.length, id).toBeGreaterThan(20);
    expect(source, id).toMatch(/^https:\/\/modelcontextprotocol\.io\/|what a caller counts on|own claim/);
  }
});

test('docs/certify.md lists the invariants', () => {
  const text = readFileSync(new URL('../../../docs/certify.md', import.meta.url), 'utf8');
  const [, behind = ''] = text.split('<!-- invariants -->\n');
  const [table = ''] = behind.split('\n\n');
  const rows = table.split('\n').slice(2);
  const listed = rows.map((row) =>
    row
      .split('|')
      .slice(1, 3)
      .map((cell) => cell.trim()),
  );
  expect(listed).toEqual(Object.entries(INVARIANTS).map(([id, { sentence }]) => [`\`${id}\``, sentence]));
});
