import { describe, expect, test } from 'vitest';
import { exampleMarker, markedExample } from './example.js';

describe('the marked example of a text', () => {
  const text = [
    '```ts\nbefore();\n```',
    exampleMarker('first'),
    '```sh\nls\n```',
    '```ts\nmeant();\nit();\n```',
    '```ts\nafter();\n```',
    exampleMarker('second'),
    '```ts\nanother();\n```\n',
  ].join('\n');

  test('is the first block of TypeScript after its marker', () => {
    expect(markedExample(text, 'first')).toBe('meant();\nit();\n');
    expect(markedExample(text, 'second')).toBe('another();\n');
  });

  test('is missed when the marker is gone', () => {
    expect(() => markedExample(text, 'third')).toThrow(`no ${exampleMarker('third')}`);
  });

  test('is missed when the block is gone', () => {
    expect(() => markedExample(exampleMarker('embed'))).toThrow('no block of TypeScript');
  });
});
