import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChildrenRecord, readChildren } from '../../src/ipc/children.js';
import {
  identify,
  isAlive,
  type ProcessIdentity,
  presenceOf,
  seeWithPs,
} from '../../src/ipc/processIdentity.js';
import { reap } from '../../src/ipc/reap.js';
import { makeDirectory } from './support.js';

/** A shell that leads a group of its own. It says its lines; the first shows that it is set up. */
async function startGroup(script: string, env: { [name: string]: string } = {}) {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('it did not start');
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // As it should be.
    }
  });
  const [line] = await once(child.stdout, 'data');
  return { child, pid, identity: identify(pid) ?? { pid, start: 'over' }, said: Number(String(line)) };
}

function identityOf(pid: number): ProcessIdentity {
  const identity = identify(pid);
  if (identity === null) throw new Error(`no process ${pid}`);
  return identity;
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const SLEEP = 'exec sleep 600';

describe('the identity of a process', () => {
  test('is the same whenever one looks, stopped or not, and is gone with it', async () => {
    const { child, pid, identity } = await startGroup(`echo 0; ${SLEEP}`);
    expect(presenceOf(identity)).toBe('alive');
    process.kill(pid, 'SIGSTOP');
    expect(identify(pid)).toEqual(identity);
    expect(isAlive(identity)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await exited(child);
    expect([identify(pid), presenceOf(identity), isAlive(identity)]).toEqual([null, 'gone', false]);
  });

  test('is not that of another with the same id', () => {
    const self = identityOf(process.pid);
    expect(presenceOf(self)).toBe('alive');
    expect(presenceOf({ ...self, start: `${self.start}0` })).toBe('gone');
    expect(presenceOf({ ...self, start: '' })).toBe('unsure');
    expect(isAlive({ ...self, start: '' })).toBe(true);
  });

  test('is not that of one that is dead, but that its parent does not wait for', async () => {
    const { pid, said } = await startGroup(`sleep 600 & echo $!; ${SLEEP}`);
    // From then on it is a program that waits for nobody.
    await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
    process.kill(said, 'SIGKILL');
    await until(() => /^State:\s+Z/m.test(readFileSync(`/proc/${said}/status`, 'utf8')));
    expect(identify(said)).toBeNull();
  });

  test('can hold any name', async () => {
    const directory = mkdtempSync('/tmp/lifeline-');
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const script = join(directory, 'a) Z 1 (b');
    writeFileSync(script, '#!/bin/sh\necho 0\nread -r line < /dev/zero\n');
    chmodSync(script, 0o700);
    const { identity } = await startGroup(`exec '${script}'`);
    expect(identity.start).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(presenceOf(identity)).toBe('alive');
  });

  test('can be asked of `ps` where there is no /proc, whatever the language and the time zone', async () => {
    const { child, pid } = await startGroup(`echo 0; ${SLEEP}`);
    expect(seeWithPs(pid)).toMatchObject({
      kind: 'alive',
      start: expect.stringMatching(/^\w{3} \w{3} \d+ [\d:]{8} \d{4}$/),
    });
    process.kill(pid, 'SIGKILL');
    await exited(child);
    expect(seeWithPs(pid)).toEqual({ kind: 'gone' });
  });
});

describe('the record of children', () => {
  const makePlace = () => ({ children: join(makeDirectory(), 'children') });

  test('holds those who were added and not removed, and begins anew with each daemon', () => {
    const place = makePlace();
    expect(readChildren(place)).toEqual([]);
    const record = new ChildrenRecord(place);
    const [one, two] = [
      { pid: 2, start: 'a' },
      { pid: 3, start: 'b', mark: 'M=1' },
    ];
    record.add(one);
    record.add(two);
    expect(readChildren(place)).toEqual([one, two]);
    record.remove(2);
    record.remove(99);
    expect(readChildren(place)).toEqual([two]);
    new ChildrenRecord(place);
    expect(readChildren(place)).toEqual([]);
  });

  test.each([
    ['', []],
    ['{}', []],
    ['[null,{"pid":1,"start":"x"},{"pid":0,"start":"x"},{"pid":-1,"start":"x"},{"pid":"4","start":"x"}]', []],
    ['[{"pid":4,"start":"x","mark":1},{"pid":5,"start":"x"}]', [{ pid: 5, start: 'x' }]],
  ])('names nobody whom a signal must not meet: %s', (text, expected) => {
    const place = makePlace();
    writeFileSync(place.children, text, { mode: 0o600 });
    expect(readChildren(place)).toEqual(expected);
  });
});

describe('row 49: of what a killed daemon left', () => {
  test('those who end when asked to are gone, stopped ones too', async () => {
    const { child, pid, identity } = await startGroup(`echo 0; ${SLEEP}`);
    process.kill(pid, 'SIGSTOP');
    expect(await reap([identity])).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(child.signalCode).toBe('SIGTERM');
  });

  test('those who do not are killed, with all of their group', async () => {
    const script = "trap '' TERM; sleep 600 & echo $!; wait; sleep 600";
    const { child, pid, identity, said } = await startGroup(script);
    expect(await reap([identity], { grace: 50 })).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(child.signalCode).toBe('SIGKILL');
    expect(identify(said)).toBeNull();
  });

  test('a member that outlives the leader is killed, too', async () => {
    const { child, pid, identity, said } = await startGroup(
      `sh -c "trap '' TERM; echo \\$\\$; while :; do sleep 600; done" & wait`,
    );
    expect(await reap([identity], { grace: 50 })).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(identify(said)).toBeNull();
  });

  test('a stranger with the same id is left alone', async () => {
    const { identity } = await startGroup(`echo 0; ${SLEEP}`);
    const recorded = [
      { ...identity, start: `${identity.start}0` },
      { ...identity, start: '' },
    ];
    expect(await reap(recorded)).toEqual({ ended: [], left: [] });
    expect(presenceOf(identity)).toBe('alive');
  });

  test('a group without its leader is ended if it has the mark, and left alone if not', async () => {
    const leave = async (mark: string) => {
      const group = await startGroup(`sleep 600 & echo $!`, { LIFELINE_MARK: mark });
      await exited(group.child);
      return { ...group, member: identityOf(group.said) };
    };
    const [ours, stranger] = [await leave('ours'), await leave('other')];
    const gone = { start: 'before', mark: 'LIFELINE_MARK=ours' };
    const reaped = await reap([
      { pid: ours.pid, ...gone },
      { pid: stranger.pid, ...gone },
    ]);
    expect(reaped).toEqual({ ended: [ours.pid], left: [] });
    expect([isAlive(ours.member), isAlive(stranger.member)]).toEqual([false, true]);
  });

  test('nothing takes no time', async () => {
    expect(await reap([])).toEqual({ ended: [], left: [] });
  });
});

/** Looks again and again: no event tells of what other processes do. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
