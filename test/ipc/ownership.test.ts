import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquire, type Ownership, ownerOf } from '../../src/ipc/ownership.js';
import { identify, type ProcessIdentity } from '../../src/ipc/processIdentity.js';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { makeDirectory, Told } from './support.js';

let compiled: CompiledSources;

beforeAll(async () => {
  compiled = await compileSources();
});

afterAll(() => compiled.remove());

const makeLock = () => join(makeDirectory(), 'lock');

/** Has the id of this process, but is not it. */
function impostor(): ProcessIdentity {
  return { pid: process.pid, start: 'long ago' };
}

function own(lock: string, owner?: ProcessIdentity): Ownership {
  const outcome = acquire({ lock }, owner);
  if (outcome.kind === 'owned') throw new Error(`owned by ${outcome.by.pid}`);
  return outcome.ownership;
}

function filesBeside(lock: string): string[] {
  return readdirSync(join(lock, '..'));
}

describe('ownership', () => {
  test('of what is not there any more is given up', () => {
    const lock = makeLock();
    const first = own(lock);
    rmSync(join(lock, '..'), { recursive: true });
    first.release();
    expect(ownerOf({ lock })).toBeNull();
    mkdirSync(join(lock, '..'));
    own(lock).release();
  });

  test('is of one at a time', () => {
    const lock = makeLock();
    expect(ownerOf({ lock })).toBeNull();
    const first = own(lock);
    expect(first.isHeld()).toBe(true);
    expect(ownerOf({ lock })).toEqual(identify(process.pid));
    expect(acquire({ lock })).toEqual({ kind: 'owned', by: identify(process.pid) });
    first.release();
    expect(first.isHeld()).toBe(false);
    expect(ownerOf({ lock })).toBeNull();
    expect(own(lock).isHeld()).toBe(true);
  });

  test('row 45: is taken over from a process that has the id but started at another time', () => {
    const lock = makeLock();
    const stale = own(lock, impostor());
    const next = own(lock);
    expect([stale.isHeld(), next.isHeld()]).toEqual([false, true]);
  });

  test('can be of the first process, which a daemon is in a container', () => {
    const lock = makeLock();
    const first = identify(1);
    if (first === null) throw new Error('there is always one');
    own(lock, first);
    expect(acquire({ lock })).toEqual({ kind: 'owned', by: first });
  });

  test('row 47: is not given up again by one who was succeeded', () => {
    const lock = makeLock();
    const stale = own(lock, impostor());
    const next = own(lock);
    stale.release();
    expect(next.isHeld()).toBe(true);
    expect(acquire({ lock }).kind).toBe('owned');
    expect(own(makeLock()).isHeld()).toBe(true);
  });

  test('leaves one file, however often it went from hand to hand', () => {
    const lock = makeLock();
    for (let round = 0; round < 20; round += 1) own(lock, impostor());
    for (let round = 0; round < 20; round += 1) own(lock).release();
    // Half-way dead takers.
    writeFileSync(`${lock}~12345678`, 'x', { mode: 0o600 });
    writeFileSync(`${lock}.next.abc`, 'x', { mode: 0o600 });
    const last = own(lock);
    expect(filesBeside(lock)).toEqual(['lock']);
    expect(last.isHeld()).toBe(true);
  });

  test.each(['', '{', 'null', '{"pid":0,"start":"x"}', '{"pid":"1","start":"x"}', '{"pid":-1,"start":""}'])(
    'is taken over from a record that says nothing: %j',
    (text) => {
      const lock = makeLock();
      writeFileSync(lock, text, { mode: 0o600 });
      expect(own(lock).isHeld()).toBe(true);
    },
  );

  test('is seen to be lost when the file is gone', () => {
    const lock = makeLock();
    const ownership = own(lock);
    rmSync(lock);
    expect(ownership.isHeld()).toBe(false);
  });

  test('row 57: is refused where the lock is a link', () => {
    const lock = makeLock();
    symlinkSync('elsewhere', lock);
    expect(() => acquire({ lock })).toThrowError(expect.objectContaining({ code: 'UNSAFE_PLACE' }));
    expect(filesBeside(lock)).toEqual(['lock']);
  });
});

describe('among processes, ownership', () => {
  const starters = (lock: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => Told.start('starter.mjs', compiled.directory, lock)));

  test('row 45: goes to exactly one of many when its owner is killed, round after round', async () => {
    const lock = makeLock();
    let alive = await starters(lock, 16);
    for (let round = 0; round < 12; round += 1) {
      for (const starter of alive) starter.say('try');
      const outcomes = await Promise.all(alive.map((starter) => starter.answer()));
      const owners = alive.filter((_, index) => kindOf(outcomes[index]) === 'acquired');
      expect(owners).toHaveLength(1);
      const [owner] = owners;
      const told = outcomes.filter((outcome) => kindOf(outcome) === 'owned');
      expect(told).toEqual(told.map(() => ({ kind: 'owned', by: identify(owner?.pid ?? 0) })));
      await owner?.kill();
      alive = alive.filter((starter) => starter !== owner);
    }
    expect(alive).toHaveLength(4);
  });

  test('is never of two, when it goes from hand to hand as fast as it can', async () => {
    const lock = makeLock();
    const fighters = await starters(lock, 8);
    for (const fighter of fighters) fighter.say('fight 50');
    const outcomes = await Promise.all(fighters.map((fighter) => fighter.answer()));
    expect(outcomes).toEqual(outcomes.map(() => ({ tries: expect.any(Number) })));
  });

  test('row 48: is not taken from an owner that is frozen', async () => {
    const lock = makeLock();
    const [frozen, other] = await starters(lock, 2);
    frozen?.say('try');
    expect(kindOf(await frozen?.answer())).toBe('acquired');
    frozen?.signal('SIGSTOP');
    other?.say('try');
    expect(await other?.answer()).toEqual({ kind: 'owned', by: identify(frozen?.pid ?? 0) });
    await frozen?.kill();
    other?.say('try');
    expect(kindOf(await other?.answer())).toBe('acquired');
  });
});

function kindOf(outcome: unknown): unknown {
  return typeof outcome === 'object' && outcome !== null && 'kind' in outcome ? outcome.kind : undefined;
}
