import { expect, test } from 'vitest';
import { showForeign } from '../../src/foreignText.js';
import { capabilityPaths, readHandshakeAnswer } from '../../src/session/handshakeAnswer.js';

const serverInfo = { name: 'files', version: '2.0.0' };
const answer = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo };

test('keeps what the chart needs, and nothing else', () => {
  const full = {
    ...answer,
    serverInfo: { ...serverInfo, title: 'Files', icons: [] },
    instructions: 'be kind',
  };
  expect(readHandshakeAnswer(full, showForeign)).toEqual({
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'files', version: '2.0.0', title: 'Files' },
    capabilities: [],
  });
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a list', [answer]],
  ['a text', 'hello'],
  ['no version', { ...answer, protocolVersion: undefined }],
  ['a version that is no text', { ...answer, protocolVersion: 20_250_618 }],
  ['no server', { ...answer, serverInfo: undefined }],
  ['a nameless server', { ...answer, serverInfo: { version: '1' } }],
])('is null for %s', (_, result) => {
  expect(readHandshakeAnswer(result, showForeign)).toBeNull();
});

test('a server without a version of its own has an empty one', () => {
  expect(readHandshakeAnswer({ ...answer, serverInfo: { name: 'files' } }, showForeign)?.serverInfo).toEqual({
    name: 'files',
    version: '',
  });
});

test('capabilities are paths, two levels deep, of what is offered', () => {
  const declared = {
    tools: {},
    resources: { subscribe: true, listChanged: false },
    prompts: { listChanged: true },
    logging: null,
    completions: true,
    experimental: { 'acme/extra': { deep: { deeper: true } } },
  };
  expect(capabilityPaths(declared)).toEqual([
    'tools',
    'resources',
    'resources.subscribe',
    'prompts',
    'prompts.listChanged',
    'experimental',
    'experimental.acme/extra',
  ]);
  for (const none of [undefined, null, 'tools', ['tools']]) expect(capabilityPaths(none)).toEqual([]);
});

test('row 23: keys of the prototype are keys like any other', () => {
  const declared: unknown = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {}}');
  expect(capabilityPaths(declared)).toEqual(['__proto__', '__proto__.polluted', 'constructor']);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('of capabilities without end the first thousand count', () => {
  const capabilities = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`c${index}`, {}]));
  const read = readHandshakeAnswer({ ...answer, capabilities }, showForeign);
  expect(read?.capabilities).toHaveLength(1_000);
});

test('only what the server chose itself is shown like foreign text, and a path by all of its names', () => {
  const capabilities = {
    tools: { listChanged: true, secret: true },
    experimental: { secret: {} },
    secret: {},
  };
  const show = (text: string) => text.replaceAll('secret', '[redacted]');
  expect(readHandshakeAnswer({ ...answer, capabilities }, show)?.capabilities).toEqual([
    'tools',
    'tools.listChanged',
    'tools.[redacted]',
    'experimental',
    'experimental.[redacted]',
    '[redacted]',
  ]);
  // A secret may be a word of the protocol's: that is no reason to make it unreadable.
  const shout = (text: string) => text.toUpperCase();
  const shouted = readHandshakeAnswer(
    { ...answer, capabilities: { tools: { subscribe: true, x: {} } } },
    shout,
  );
  expect(shouted).toMatchObject({
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'FILES', version: '2.0.0' },
    capabilities: ['tools', 'tools.subscribe', 'TOOLS.X'],
  });
});

test.each(['x2025-06-18', '2025-06-18x', '2025-6-18', 'latest'])(
  'a version that is none (%s) is foreign text',
  (version) => {
    const shout = (text: string) => text.toUpperCase();
    const read = readHandshakeAnswer({ ...answer, protocolVersion: version }, shout);
    expect(read?.protocolVersion).toBe(version.toUpperCase());
  },
);
