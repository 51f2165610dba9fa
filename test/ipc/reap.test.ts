import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ChildrenRecord,
  isSomebodyLeft,
  makeMark,
  type Recorded,
  readChildren,
} from '../../src/ipc/children.js';
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

const recordOf = (...children: ProcessIdentity[]): Recorded => ({ mark: null, isStarting: false, children });

function marked(mark: string): { [name: string]: string } {
  const [name = '', value = ''] = mark.split('=');
  return { [name]: value };
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
    const nothing = { mark: null, isStarting: false, children: [] };
    expect(readChildren(place)).toEqual(nothing);
    const mark = makeMark();
    const record = new ChildrenRecord(place, mark);
    expect(readChildren(place)).toEqual({ ...nothing, mark });
    const [one, two] = [
      { pid: 2, start: 'a' },
      { pid: 3, start: 'b' },
    ];
    record.add(one);
    record.add(two);
    expect(readChildren(place).children).toEqual([one, two]);
    record.remove(2);
    record.remove(99);
    expect(readChildren(place)).toEqual({ mark, isStarting: false, children: [two] });
    new ChildrenRecord(place);
    expect(readChildren(place)).toEqual(nothing);
  });

  test('says that one is being started, until it was added or could not be', () => {
    const place = makePlace();
    const record = new ChildrenRecord(place, makeMark());
    const found = () => {
      const recorded = readChildren(place);
      return [recorded.isStarting, isSomebodyLeft(recorded)];
    };
    expect(found()).toEqual([false, false]);
    record.expect();
    expect(found()).toEqual([true, true]);
    record.expectNoMore();
    expect(found()).toEqual([false, false]);
    record.expect();
    record.add({ pid: 2, start: 'a' });
    expect(found()).toEqual([false, true]);
  });

  test.each([
    ['', []],
    ['{}', []],
    ['{"children":{}}', []],
    ['null', []],
    ['[null,{"pid":1,"start":"x"},{"pid":0,"start":"x"},{"pid":-1,"start":"x"},{"pid":"4","start":"x"}]', []],
    ['[{"pid":5,"start":"x"}]', [{ pid: 5, start: 'x' }]],
    ['{"children":[{"pid":1,"start":"x"},{"pid":5,"start":"x"}]}', [{ pid: 5, start: 'x' }]],
  ])('names nobody whom a signal must not meet: %s', (text, children) => {
    const place = makePlace();
    writeFileSync(place.children, text, { mode: 0o600 });
    const read = readChildren(place);
    expect(read).toEqual({ mark: null, isStarting: false, children });
  });

  test.each(['', 'PATH=/bin', 'MCP_LIFELINE_DAEMON=', 'HOME=0123456789abcdef0123456789abcdef'])(
    'has no mark that others could have: %j',
    (mark) => {
      const place = makePlace();
      writeFileSync(place.children, JSON.stringify({ mark, isStarting: true, children: [] }), {
        mode: 0o600,
      });
      expect(readChildren(place)).toEqual({ mark: null, isStarting: true, children: [] });
    },
  );
});

describe('row 49: of what a killed daemon left', () => {
  test('those who end when asked to are gone, stopped ones too', async () => {
    const { child, pid, identity } = await startGroup(`echo 0; ${SLEEP}`);
    process.kill(pid, 'SIGSTOP');
    expect(await reap(recordOf(identity))).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(child.signalCode).toBe('SIGTERM');
  });

  test('those who do not are killed, with all of their group', async () => {
    const script = "trap '' TERM; sleep 600 & echo $!; wait; sleep 600";
    const { child, pid, identity, said } = await startGroup(script);
    expect(await reap(recordOf(identity), { grace: 50 })).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(child.signalCode).toBe('SIGKILL');
    expect(identify(said)).toBeNull();
  });

  test('a member that outlives the leader is killed, too', async () => {
    const { child, pid, identity, said } = await startGroup(
      `sh -c "trap '' TERM; echo \\$\\$; while :; do sleep 600; done" & wait`,
    );
    expect(await reap(recordOf(identity), { grace: 50 })).toEqual({ ended: [pid], left: [] });
    await exited(child);
    expect(identify(said)).toBeNull();
  });

  test('a stranger with the same id is left alone', async () => {
    const { identity } = await startGroup(`echo 0; ${SLEEP}`);
    const recorded = [
      { ...identity, start: `${identity.start}0` },
      { ...identity, start: '' },
    ];
    expect(await reap(recordOf(...recorded))).toEqual({ ended: [], left: [] });
    expect(presenceOf(identity)).toBe('alive');
  });

  test('a group without its leader is ended if it has the mark, and left alone if not', async () => {
    const [mark, other] = [makeMark(), makeMark()];
    const leave = async (of: string) => {
      const group = await startGroup(`sleep 600 & echo $!`, marked(of));
      await exited(group.child);
      return { ...group, member: identityOf(group.said) };
    };
    const [ours, stranger] = [await leave(mark), await leave(other)];
    const children = [ours, stranger].map(({ pid }) => ({ pid, start: 'before' }));
    const reaped = await reap({ mark, isStarting: false, children });
    expect(reaped).toEqual({ ended: [ours.pid], left: [] });
    expect([isAlive(ours.member), isAlive(stranger.member)]).toEqual([false, true]);
  });

  test('one that was being started is known by the mark alone, and nobody else is looked for', async () => {
    const [mark, other] = [makeMark(), makeMark()];
    const start = (of: string) => startGroup(`echo 0; ${SLEEP}`, marked(of));
    const [recorded, starting, stranger] = [await start(mark), await start(mark), await start(other)];
    // In a group of its own, as those are that shall outlive it.
    const inner = await startGroup(`exec bash -c 'set -m; sleep 600 & echo $!; ${SLEEP}'`, marked(mark));
    const left = { mark, children: [recorded.identity] };
    expect(await reap({ ...left, isStarting: false })).toEqual({ ended: [recorded.pid], left: [] });
    expect([starting, inner, stranger].map(({ identity }) => isAlive(identity))).toEqual([true, true, true]);
    const { ended } = await reap({ ...left, isStarting: true });
    expect([...ended].sort()).toEqual([starting.pid, inner.pid].sort());
    expect([starting, inner, stranger].map(({ identity }) => isAlive(identity))).toEqual([
      false,
      false,
      true,
    ]);
    expect(identify(inner.said)).not.toBeNull();
    process.kill(inner.said, 'SIGKILL');
  });

  test('without a mark, one that was being started cannot be known', async () => {
    const { identity } = await startGroup(`echo 0; ${SLEEP}`, marked(makeMark()));
    expect(await reap({ mark: null, isStarting: true, children: [] })).toEqual({ ended: [], left: [] });
    expect(isAlive(identity)).toBe(true);
  });

  test('nothing takes no time', async () => {
    expect(await reap(recordOf())).toEqual({ ended: [], left: [] });
  });
});

/** Looks again and again: no event tells of what other processes do. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
