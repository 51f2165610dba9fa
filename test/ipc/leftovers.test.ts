/** What daemons of configurations leave that nobody uses any more. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ChildrenRecord } from '../../src/ipc/children.js';
import { sweepLeftovers } from '../../src/ipc/leftovers.js';
import { acquire, isOfThisSpace, ownerOf } from '../../src/ipc/ownership.js';
import { createOwnFile } from '../../src/ipc/ownFile.js';
import { type Places, placesFor, surroundings } from '../../src/ipc/places.js';
import { identify } from '../../src/ipc/processIdentity.js';
import { ensureSafePlaces } from '../../src/ipc/safeDirectory.js';
import { writeToken } from '../../src/ipc/token.js';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { makeDirectory, Told } from './support.js';

let compiled: CompiledSources;
beforeAll(async () => {
  compiled = await compileSources();
});
afterAll(() => compiled.remove());

const DAY = 24 * 60 * 60_000;

/** A runtime directory with a daemon that sweeps, and others. */
function scene() {
  const directory = join(makeDirectory(), 'run');
  const around = {
    ...surroundings(),
    env: { MCP_LIFELINE_RUNTIME_DIR: directory },
    user: `test-${process.pid}`,
  };
  const own = placesFor('own', around);
  ensureSafePlaces(own);
  const sweep = (options = {}) => sweepLeftovers(own, { around, ...options });
  const keyOf = ({ lock }: Places) => lock.slice(directory.length + 1, -'.lock'.length);
  const namesOf = (places: Places) => readdirSync(directory).filter((name) => name.startsWith(keyOf(places)));
  return { directory, around, own, sweep, keyOf, namesOf };
}

/** All the files of a daemon, which has the lock. */
function settle(places: Places) {
  const acquisition = acquire(places);
  if (acquisition.kind !== 'acquired') throw new Error('somebody has it');
  writeToken(places);
  const record = new ChildrenRecord(places);
  for (const path of [places.log, `${places.log}.old`, `${places.token}~12345678`]) createOwnFile(path, '');
  writeFileSync(places.socket, '');
  return { ownership: acquisition.ownership, record };
}

function age(names: readonly string[], directory: string, milliseconds = 2 * DAY) {
  const then = (Date.now() - milliseconds) / 1000;
  for (const name of names) utimesSync(join(directory, name), then, then);
}

describe('a daemon of long ago', () => {
  test('leaves nothing', async () => {
    const { directory, around, sweep, keyOf, namesOf } = scene();
    const old = placesFor('old', around);
    const { ownership } = settle(old);
    ownership.release();
    const pointer = join(directory, `${'a'.repeat(20)}.version`);
    createOwnFile(pointer, '1');
    const others = [join(directory, 'other.lock'), join(directory, 'notes')];
    for (const path of others) writeFileSync(path, 'mine');
    age(readdirSync(directory), directory);
    const { removed, ended } = await sweep();
    expect([...removed].sort()).toEqual([keyOf(old), 'a'.repeat(20)].sort());
    expect(ended).toEqual([]);
    expect(namesOf(old)).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['notes', 'other.lock']);
  });

  test('leaves nothing either when it was killed', async () => {
    const { directory, around, sweep, namesOf } = scene();
    const old = placesFor('old', around);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    const identity = identify(child.pid ?? 0);
    await once(child, 'exit');
    if (identity === null) throw new Error('it was gone too soon');
    expect(acquire(old, identity).kind).toBe('acquired');
    writeToken(old);
    age(namesOf(old), directory);
    await sweep();
    expect(namesOf(old)).toEqual([]);
  });

  test('keeps its files for a day, for whoever wants to read the log', async () => {
    const { directory, around, sweep, namesOf } = scene();
    const old = placesFor('old', around);
    settle(old).ownership.release();
    age(namesOf(old), directory, DAY / 2);
    const before = namesOf(old);
    expect(await sweep()).toEqual({ removed: [], ended: [] });
    expect(namesOf(old)).toEqual(before);
  });

  test('is one of at most so many', async () => {
    const { directory, around, sweep } = scene();
    for (let index = 0; index < 7; index += 1) {
      const old = placesFor(`old ${index}`, around);
      settle(old).ownership.release();
      age(readdirSync(directory), directory);
    }
    expect((await sweep({ most: 3 })).removed).toHaveLength(3);
    expect((await sweep()).removed).toHaveLength(4);
    expect((await sweep({ signal: AbortSignal.abort() })).removed).toHaveLength(0);
  });
});

describe('left as they are', () => {
  test('are those of a daemon that lives, and of the one that sweeps', async () => {
    const { directory, around, own, sweep, namesOf } = scene();
    const living = placesFor('living', around);
    settle(living);
    settle(own);
    age(readdirSync(directory), directory);
    const before = [namesOf(living), namesOf(own)];
    expect(await sweep()).toEqual({ removed: [], ended: [] });
    expect([namesOf(living), namesOf(own)]).toEqual(before);
    expect(ownerOf(living)?.pid).toBe(process.pid);
  });

  test('are those of another process namespace, or of nobody knows which', async () => {
    const { directory, around, sweep, namesOf } = scene();
    for (const record of ['{"pid":1,"start":"x","space":"pid:[1]"}', '{"pid":1,"start":"x"}', 'torn']) {
      const old = placesFor(record, around);
      createOwnFile(old.lock, record);
      writeToken(old);
      age(namesOf(old), directory);
      expect(isOfThisSpace(old)).toBe(false);
      expect(await sweep()).toEqual({ removed: [], ended: [] });
      expect(namesOf(old)).toHaveLength(2);
    }
  });

  test('are places with something in them that is not ours; the others are not', async () => {
    const { directory, around, sweep, namesOf } = scene();
    const [odd, old] = [placesFor('odd', around), placesFor('old', around)];
    for (const places of [odd, old]) settle(places).ownership.release();
    mkdirSync(`${odd.lock}.next.0123`);
    age(readdirSync(directory), directory);
    await sweep();
    expect(lstatSync(`${odd.lock}.next.0123`).isDirectory()).toBe(true);
    expect(namesOf(old)).toEqual([]);
  });
});

test('row 49: what a crashed daemon left is ended by the next one of whichever configuration', async () => {
  const { around, sweep, namesOf } = scene();
  const crashed = placesFor('crashed', around);
  const { ownership, record } = settle(crashed);
  const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], {
    stdio: 'ignore',
    detached: true,
  });
  onTestFinished(() => void orphan.kill('SIGKILL'));
  await once(orphan, 'spawn');
  const identity = identify(orphan.pid ?? 0);
  if (identity === null) throw new Error('it does not run');
  record.add(identity);
  // While the daemon lives, its servers are its own.
  expect((await sweep()).ended).toEqual([]);
  ownership.release();
  const gone = once(orphan, 'exit');
  expect((await sweep()).ended).toEqual([orphan.pid]);
  await gone;
  expect(namesOf(crashed)).toContain(crashed.log.slice(-24));
});

test('nothing is taken from those who start meanwhile, round after round', async () => {
  const { directory, around } = scene();
  const places = placesFor('contested', around);
  const told = await Promise.all(
    Array.from({ length: 4 }, () =>
      Told.start('sweeper.mjs', compiled.directory, directory, JSON.stringify(places)),
    ),
  );
  const [daemons, sweepers] = [told.slice(0, 2), told.slice(2)];
  for (const daemon of daemons) daemon.say('live 100');
  for (const sweeper of sweepers) sweeper.say('sweep 3');
  const lives = daemons.map(async (daemon) => {
    expect(await daemon.answer()).toEqual({ lived: expect.any(Number) });
  });
  // The daemons go on until each sweeper has had something to take, however slow it is.
  const sweeps = sweepers.map(async (sweeper) => {
    expect(await sweeper.answer()).toEqual({ removed: expect.any(Number) });
  });
  const stop = () => {
    for (const daemon of daemons) daemon.say('stop');
  };
  await Promise.all([...lives, Promise.all(sweeps).then(stop)]);
}, 60_000);
