import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from '../support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('public types', () => {
  // The compiler that builds the package is the judge; what it must accept and refuse stands there.
  test('are what test/types says', async () => {
    const result = await run('node_modules/.bin/tsc', ['-p', 'test/types', '--pretty', 'false'], {
      cwd: root,
    });
    expect(result.stdout).toBe('');
    expect(result.code).toBe(0);
  });
});
