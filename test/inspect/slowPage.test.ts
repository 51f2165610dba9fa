/** A page that reads slowly, or not at all: what waits for it does not grow, and it is not believed to live for ever. */
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ConnectionRow, InspectionFrame } from '../../src/inspect/frames.types.js';
import type { InspectionSource } from '../../src/inspect/InspectionSource.types.js';
import { LocalSource } from '../../src/inspect/LocalSource.js';
import { mergeFrames } from '../../src/inspect/server/mergeFrames.js';
import { BEAT_EVERY, STALLED_AFTER } from '../../src/inspect/server/PageStream.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { builtPage } from '../support/builtPage.js';
import { inspect, Reader, Subject } from './support.js';

const page = builtPage();

const row = (name: string, retries: number): ConnectionRow => ({
  name,
  status: 'reconnecting',
  phase: null,
  health: null,
  since: null,
  latency: null,
  retries,
  retryAt: null,
  error: null,
  isBegun: true,
});

const frame = (parts: Partial<InspectionFrame>): InspectionFrame => ({
  now: 0,
  source: { isLive: true, note: null },
  isWhole: false,
  rows: [],
  gone: [],
  detail: null,
  ...parts,
});

/** A source that tells what the test has it tell. */
class ToldSource implements InspectionSource {
  tell: (frame: InspectionFrame) => void = () => {};
  feeds = 0;
  onleft = () => {};

  open(listener: (frame: InspectionFrame) => void) {
    this.feeds += 1;
    this.tell = listener;
    return {
      focus: () => {},
      close: () => {
        this.feeds -= 1;
        this.onleft();
      },
    };
  }

  async act() {
    return { isDone: false, text: '' };
  }

  async [Symbol.asyncDispose]() {}
}

/** Opens the stream and reads nothing of it. */
async function openPaused(origin: string, token: string): Promise<Socket> {
  const { port, host } = new URL(origin);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.pause();
  socket.write(`GET /api/stream HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

/** Bytes that a socket has to read until it says this. */
function readUntil(socket: Socket, text: string): Promise<number> {
  return new Promise((resolve) => {
    let length = 0;
    let tail = '';
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      tail = `${tail}${chunk}`.slice(-200_000);
      if (tail.includes(text)) resolve(length);
    });
    socket.resume();
  });
}

const LONG = 'x'.repeat(20_000);
const FRAMES = 2_000;

describe('a page that reads nothing', () => {
  test('for a while has one frame waiting, however many there were, and then the newest', async () => {
    const source = new ToldSource();
    const inspector = await inspect({ source }, page.folder);
    const socket = await openPaused(inspector.origin, inspector.token);
    for (let retry = 1; retry <= FRAMES; retry += 1) {
      source.tell(frame({ rows: [row(LONG, retry)] }));
      // The system takes what it has room for.
      if (retry % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const bytes = await readUntil(socket, `"retries":${FRAMES},`);
    // What the system had taken already is read first.
    expect(bytes).toBeLessThan((FRAMES * LONG.length) / 2);
  });

  test('for long is let go, and what it looked at is let go too', async () => {
    const source = new ToldSource();
    const clock = new SteppingClock();
    const inspector = await inspect({ source, clock }, page.folder);
    const socket = await openPaused(inspector.origin, inspector.token);
    expect(source.feeds).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let retry = 1; clock.delays.includes(STALLED_AFTER) === false; retry += 1) {
      source.tell(frame({ rows: [row(LONG, retry)] }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await clock.advance(STALLED_AFTER);
    socket.resume();
    await closed;
    expect(source.feeds).toBe(0);
  });
});

test('a page hears that the inspector lives while nothing happens', async () => {
  const clock = new SteppingClock();
  const inspector = await inspect({ source: new ToldSource(), clock }, page.folder);
  const reader = new Reader(inspector.origin, inspector.token);
  await reader.until(({ type }) => type === 'hello');
  await clock.advance(3 * BEAT_EVERY);
  await reader.until(({ type }) => type === 'beat');
  await inspector.close();
  await reader.ended;
  expect(reader.lines.map(({ type }) => type)).toEqual(['hello', 'beat', 'beat', 'beat', 'bye']);
});

test('a page that goes is looked for no more', async () => {
  const source = new ToldSource();
  const inspector = await inspect({ source }, page.folder);
  const reader = new Reader(inspector.origin, inspector.token);
  await reader.until(({ type }) => type === 'hello');
  expect(source.feeds).toBe(1);
  const left = new Promise<void>((resolve) => {
    source.onleft = resolve;
  });
  reader.close();
  await left;
  expect(source.feeds).toBe(0);
});

describe('two frames as one', () => {
  const first = frame({ rows: [row('a', 1), row('b', 1)], gone: ['c'] });

  test.each([
    ['the newer row', frame({ rows: [row('a', 2)] }), [row('a', 2), row('b', 1)], ['c']],
    ['who has gone', frame({ gone: ['a'] }), [row('b', 1)], ['c', 'a']],
    ['who has come back', frame({ rows: [row('c', 2)] }), [row('a', 1), row('b', 1), row('c', 2)], []],
    ['all there is', frame({ isWhole: true, rows: [row('d', 1)] }), [row('d', 1)], []],
  ])('have %s', (_, second, rows, gone) => {
    expect(mergeFrames(first, second)).toMatchObject({ rows, gone, isWhole: second.isWhole });
  });

  test('stay all there is, and keep what is known of the one that is looked at', () => {
    const whole = frame({ isWhole: true, rows: [row('a', 1)], gone: [] });
    expect(mergeFrames(whole, frame({ gone: ['a'] }))).toMatchObject({ isWhole: true, rows: [], gone: [] });
    expect(mergeFrames(whole, frame({ now: 7 })).now).toBe(7);
  });

  test('tell nothing of before when there is a new beginning', async () => {
    const subject = new Subject('a');
    const source = new LocalSource({ managers: [subject.manager], clock: subject.clock });
    const frames: InspectionFrame[] = [];
    source.open((each) => frames.push(each)).focus('a');
    const known = frames.find(({ detail }) => detail !== null);
    await source[Symbol.asyncDispose]();
    expect(known).toBeDefined();
    expect(mergeFrames(known ?? first, frame({ isWhole: true })).detail).toBeNull();
    expect(mergeFrames(known ?? first, frame({})).detail).toEqual(known?.detail);
  });
});
