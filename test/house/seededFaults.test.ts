import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faults } from '../seeded-faults/faults.mjs';
import { runInGroup } from '../seeded-faults/runInGroup.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the seeded faults', () => {
  test('are some, each with a name of its own', () => {
    expect(faults.length).toBeGreaterThan(20);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });

  // That the tests catch them takes minutes: `npm run test:faults`.
  test.each(faults)('can still be seeded: $name', ({ file, code, fault }) => {
    expect(readFileSync(join(root, file), 'utf8').split(code)).toHaveLength(2);
    expect(fault).not.toBe(code);
  });
});

describe('a run of the tests with a fault', () => {
  const runNode = (program: string, timeout: number) =>
    runInGroup(process.execPath, ['-e', program], { cwd: root, timeout });
  // It holds the output: were it left alive, the run would not end.
  const startChild = `
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });`;

  test('tells its exit code and both outputs', async () => {
    const result = await runNode("console.log('out'); console.error('err'); process.exitCode = 3", 20_000);
    expect(result).toMatchObject({ code: 3, isHung: false });
    expect(result.output.split('\n').sort()).toEqual(['', 'err', 'out']);
  });

  test('that hangs is ended with everything it started', async () => {
    const result = await runNode(`${startChild} setInterval(() => {}, 1000);`, 2_000);
    expect(result).toMatchObject({ code: null, isHung: true });
  });

  test('leaves nobody behind', async () => {
    const result = await runNode(`${startChild} process.exit(1);`, 20_000);
    expect(result).toMatchObject({ code: 1, isHung: false });
  });
});
