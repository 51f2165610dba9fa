import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import type { ObservedClock } from '../transports/http/connect.js';
import { FaultyHttpServer } from './httpServer.js';
import { observedClock } from './observedClock.js';
import { row } from './row.js';
import type { Scene, Subject } from './scene.js';

const echo = { name: 'echo', arguments: { text: 'here' } };
const GET = 'GET /mcp';
/** Milliseconds until a stream that ended is asked for again, the first time. */
const LONGEST_FIRST_WAIT = 1_200;
/** Longer than anything that a test lets pass: no probe comes in between. */
const unprobed = { interval: 1e9 };

/** Resolves as soon as a stream is asked for again, or that is planned. */
async function resumption(server: FaultyHttpServer, clock: ObservedClock): Promise<void> {
  await Promise.race([server.seen(GET, 2), clock.armed((delay) => delay <= LONGEST_FIRST_WAIT)]);
}

/** Lets 2 s pass, in which the server is called all the time: whatever it is asked for meanwhile has come. */
async function twoSeconds(scene: Scene, { manager }: Subject, clock: ObservedClock): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    await clock.advance(50);
    await scene.call(manager.callTool(echo));
  }
}

for (const [how, fault] of [
  ['retry: 0', { events: 'retry: 0\n\n' }],
  ['retry: 0, and cuts them', { events: 'retry: 0\n\n', broken: true }],
  ['retry: 0, after each event', { events: 'id: 1\nretry: 0\ndata: {}\n\n' }],
  ['no retry, and cuts them', { events: ': hello\n\n', broken: true }],
] as const) {
  row(30, `the server ends all streams with ${how}`, async (scene) => {
    const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'GET', ...fault }] });
    const clock = observedClock(scene);
    const subject = scene.connection({ server: { url: server.url }, clock, healthCheck: unprobed });
    await subject.manager.connect();
    await resumption(server, clock);
    await twoSeconds(scene, subject, clock);
    await server.seen(GET, 2);
    expect(server.of(GET).length).toBeLessThanOrEqual(5);
    expect(subject.manager.state.status).toBe('connected');
    expect(scene.sessionsOpened).toBe(1);
  });
}

row(30, 'the server ends the reply to a call again and again, with retry: 0', async (scene) => {
  const events = 'id: 1\nretry: 0\ndata:\n\n';
  const server = await FaultyHttpServer.start(scene, {
    faults: [
      { on: 'pid', events },
      { on: 'GET', from: 1, events },
    ],
  });
  const clock = observedClock(scene);
  const subject = scene.connection({ server: { url: server.url }, clock, healthCheck: unprobed });
  await subject.manager.connect();
  await server.seen(GET);
  const patience = new AbortController();
  const unanswered = errorOf(scene.call(subject.manager.callTool({ name: 'pid' }, patience)));
  await resumption(server, clock);
  await twoSeconds(scene, subject, clock);
  await server.seen(GET, 2);
  // One of them is that of the session.
  expect(server.of(GET).length).toBeLessThanOrEqual(1 + 5);
  patience.abort();
  expect(await unanswered).toMatchObject({ name: 'AbortError' });
});

row(30, 'the server ends a stream with a huge retry', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'GET', times: 1, events: 'retry: 1000000000\n\n' }],
  });
  const clock = observedClock(scene);
  const { manager } = scene.connection({ server: { url: server.url }, clock, healthCheck: unprobed });
  await manager.connect();
  expect(await clock.armed((delay) => delay === 30_000)).toBe(30_000);
  await clock.advance(30_000);
  await server.seen(GET, 2);
  expect(manager.state.status).toBe('connected');
});

row(29, 'Retry-After for a stream', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [
      { on: 'GET', times: 1, status: 503, headers: { 'retry-after': '1000000000' } },
      { on: 'GET', from: 1, times: 1, status: 429, headers: { 'retry-after': '0' } },
    ],
  });
  const clock = observedClock(scene);
  const { manager } = scene.connection({ server: { url: server.url }, clock, healthCheck: unprobed });
  await manager.connect();
  await clock.armed((delay) => delay === 30_000);
  await clock.advance(30_000);
  await server.seen(GET, 2);
  // The body of a refusal is waited for a little longer.
  const wait = await clock.armed((delay) => delay <= LONGEST_FIRST_WAIT);
  expect(wait).toBeGreaterThanOrEqual(500);
  await clock.advance(wait);
  await server.seen(GET, 3);
  expect(scene.sessionsOpened).toBe(1);
});
