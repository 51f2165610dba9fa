import { describe, expect, test } from 'vitest';
import { exampleMarker, markedExample } from './example.js';

describe('the marked example of a text', () => {
  test('is the first block of TypeScript after the marker', () => {
    const text = `\`\`\`ts\nbefore();\n\`\`\`\n${exampleMarker}\n\`\`\`sh\nls\n\`\`\`\n\`\`\`ts\nmeant();\nit();\n\`\`\`\n\`\`\`ts\nafter();\n\`\`\`\n`;
    expect(markedExample(text)).toBe('meant();\nit();\n');
  });

  test('is missed when the marker is gone', () => {
    expect(() => markedExample('```ts\nmeant();\n```\n')).toThrow(`no ${exampleMarker}`);
  });

  test('is missed when the block is gone', () => {
    expect(() => markedExample(`${exampleMarker}\n`)).toThrow('no block of TypeScript');
  });
});
