import { expect, test } from 'vitest';
import { Journey } from './journey.js';

test('a connection counts as up from its first proof of life, not from its handshake', async () => {
  const journey = new Journey();
  await journey.send('connect');
  await journey.handshake();
  await journey.advance(700);
  await journey.probed();
  expect(journey.context).toMatchObject({
    connectedSince: 700,
    connectedAt: journey.clock.time(),
    wasUp: true,
  });
});

test('without health checks it counts as up from its handshake', async () => {
  const journey = new Journey({ healthCheck: false });
  await journey.send('connect');
  await journey.advance(300);
  await journey.handshake();
  await journey.advance(400);
  expect(journey.context).toMatchObject({
    connectedSince: 300,
    connectedAt: journey.clock.time() - 400,
    wasUp: true,
  });
});

test('a server whose first probe was answered only in other words is not asked by ping again', async () => {
  const journey = new Journey();
  await journey.send('connect');
  await journey.handshake();
  await journey.advance(5_000);
  await journey.probed();
  await journey.loseAndRelease();
  await journey.elapse();
  await journey.handshake();
  expect(journey.probes).toEqual(['ping now', 'alternative now', 'alternative now']);
});

test('mere traffic is no answer to another question: ping gets its chance again', async () => {
  const journey = new Journey();
  await journey.send('connect');
  await journey.handshake();
  await journey.advance(5_000);
  await journey.probed({ evidence: 'traffic', latency: null });
  await journey.loseAndRelease();
  await journey.elapse();
  await journey.handshake();
  expect(journey.probes).toEqual(['ping now', 'alternative now', 'ping now']);
});
