import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configJsonSchema, FIELDS } from '../../src/config/schema.js';

/** `npx vitest run test/config/schema.test.ts -u` writes it anew. */
const published = fileURLToPath(new URL('../../docs/configuration.schema.json', import.meta.url));

test('the published schema is that of the reader', async () => {
  const text = JSON.stringify(configJsonSchema(), null, 2);
  // Lists of words on one line, as the formatter has them.
  const formatted = text.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, words: string) => {
    return `[${words.replace(/\s+/g, ' ')}]`;
  });
  await expect(`${formatted}\n`).toMatchFileSnapshot(published);
});

test('the schema has the fields of servers, with a word for each', () => {
  const text = JSON.stringify(configJsonSchema());
  for (const field of FIELDS.server)
    expect(text).toMatch(new RegExp(`"${field}":\\{[^]*?"description":"[^"]+\\.`));
});
