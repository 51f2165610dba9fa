/** The daemon under load, in little: `npm run test:soak -- load` has the whole of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { EXITS, FINGERPRINT_VARIABLE } from '../../src/daemon/startTerms.js';
import { daemonPlaces } from '../../src/daemon/versionPointer.js';
import { acquire } from '../../src/ipc/ownership.js';
import { surroundings } from '../../src/ipc/places.js';
import { ensureSafePlaces } from '../../src/ipc/safeDirectory.js';
import { PACKAGE } from '../../src/package.js';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { run } from '../support/run.js';

// Processes by the dozen, beside those of other tests.
vi.setConfig({ testTimeout: 120_000 });

let sources: CompiledSources;
beforeAll(async () => {
  sources = await compileSources();
});
afterAll(() => sources.remove());

const script = fileURLToPath(new URL('../soak/run.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs one part, which must hold, and reads its figures. */
async function load(part: string, args: readonly string[], signal: AbortSignal) {
  const words = [script, 'load', '--part', part, ...args];
  const { code, stdout, stderr } = await run(process.execPath, words, { cwd: root, signal });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  return (name: string) => {
    const line = stdout.split('\n').find((text) => text.trim().startsWith(name));
    return line?.slice(46).trim();
  };
}

test('calls in flight: each is answered once', async ({ signal }) => {
  const figure = await load('flood', ['--calls', '600', '--servers', '3'], signal);
  expect(figure('calls that the servers have at one moment')).toBe('600');
  expect(figure('of these in flight in the daemon')).toBe('600');
  expect(figure('executed exactly once, as the servers say')).toBe('1200');
});

test('a crowd of clients: each is served, and no handle is left', async ({ signal }) => {
  const figure = await load('crowd', ['--clients', '60'], signal);
  expect(figure('clients within a second: served')).toBe('60');
  expect(figure('clients at one moment: served')).toBe('60');
});

test('row 46: commands that start it at once: one daemon, whatever an earlier one left', async ({
  signal,
}) => {
  const figure = await load('starts', ['--rounds', '3'], signal);
  expect(figure('commands served')).toBe('48 of 48');
  expect(figure('rounds with exactly one daemon')).toBe('3');
});

test('row 49: kills under load: the next command is served, and no server is left', async ({ signal }) => {
  const figure = await load('kills', ['--kills', '5'], signal);
  expect(figure('daemons killed')).toBe('5');
  expect(Number(figure('calls made'))).toBeGreaterThan(20);
});

test('a part that does not exist is refused', async ({ signal }) => {
  const { code, stderr } = await run(process.execPath, [script, 'load', '--part', 'dreams'], {
    cwd: root,
    signal,
  });
  expect(code).toBe(2);
  expect(stderr).toContain("there is no part 'dreams'");
});

test('row 46: one that is started beside a daemon ends before it has read its configuration', async ({
  signal,
}) => {
  const folder = mkdtempSync('/tmp/lifeline-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { MCP_LIFELINE_RUNTIME_DIR: join(folder, 'run') };
  const places = daemonPlaces({ fingerprint: 'print', version: PACKAGE.version }, { ...surroundings(), env });
  ensureSafePlaces(places);
  expect(acquire(places).kind).toBe('acquired');
  const main = join(sources.directory, 'src', 'daemon', 'main.js');
  const { code } = await run(process.execPath, [main, join(folder, 'no-such-file')], {
    env: { ...env, [FINGERPRINT_VARIABLE]: 'print' },
    signal,
  });
  expect(code).toBe(EXITS.well);
});
