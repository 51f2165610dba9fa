import { expect, test } from 'vitest';
import { isSetUp, SessionMemory } from '../../src/session/memory.js';

const subscribe = (uri: unknown) => ({ method: 'resources/subscribe', params: { uri } });

test('remembers the last log level and every subscription that was not taken back', () => {
  const memory = new SessionMemory();
  expect(memory.settings).toEqual([]);
  memory.learn({ method: 'logging/setLevel', params: { level: 'debug' } });
  memory.learn({ method: 'logging/setLevel', params: { level: 'error' } });
  memory.learn(subscribe('a:1'));
  memory.learn(subscribe('a:2'));
  memory.learn(subscribe('a:1'));
  memory.learn({ method: 'resources/unsubscribe', params: { uri: 'a:2' } });
  expect(memory.settings).toEqual([
    { method: 'logging/setLevel', params: { level: 'error' } },
    { method: 'resources/subscribe', params: { uri: 'a:1' } },
  ]);
});

test('remembers no subscription to nothing', () => {
  const memory = new SessionMemory();
  memory.learn(subscribe(7));
  memory.learn({ method: 'resources/subscribe' });
  memory.learn({ method: 'resources/unsubscribe' });
  expect(memory.settings).toEqual([]);
});

test.each(['tools', 'prompts', 'resources'] as const)('remembers who holds a list of %s', (kind) => {
  const memory = new SessionMemory();
  expect(memory.isListed(kind)).toBe(false);
  memory.learn({ method: `${kind}/list` });
  const listed = (['tools', 'prompts', 'resources'] as const).filter((each) => memory.isListed(each));
  expect(listed).toEqual([kind]);
  expect(memory.settings).toEqual([]);
});

test('does not ask for what sets nothing up', () => {
  expect(isSetUp({ method: 'tools/list' })).toBe(true);
  for (const method of ['tools/call', 'resources/read', 'resources/templates/list', 'ping', 'initialize']) {
    expect(isSetUp({ method })).toBe(false);
  }
});
