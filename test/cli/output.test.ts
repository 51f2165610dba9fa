import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { Output } from '../../src/cli/Output.js';

afterEach(() => vi.restoreAllMocks());

/** Takes what is written, and says so when it is told. */
function slowStream(): (() => void)[] {
  const written: (() => void)[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((_text: unknown, done?: unknown) => {
    if (typeof done === 'function') written.push(() => done());
    return true;
  });
  return written;
}

test('is out when everything is that was said', async () => {
  const written = slowStream();
  const output = new Output(false);
  await output.flushed();
  output.line('one');
  output.line('two');
  let isOut = false;
  const out = Promise.all([output.flushed(), output.flushed()]).then(() => {
    isOut = true;
  });
  written[1]?.();
  await new Promise(setImmediate);
  expect(isOut).toBe(false);
  written[0]?.();
  await out;
});

test('keeps nothing of what is out, however much is said', async () => {
  setFlagsFromString('--expose_gc');
  const collect: () => void = runInNewContext('gc');
  vi.spyOn(process.stdout, 'write').mockImplementation((_text: unknown, done?: unknown) => {
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  });
  const output = new Output(false);
  const say = async (lines: number) => {
    for (let line = 0; line < lines; line += 1) output.line('x');
    await output.flushed();
    // Mocks remember their calls.
    vi.mocked(process.stdout.write).mockClear();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await say(1_000);
  expect((await say(100_000)) - before).toBeLessThan(4_000_000);
});
