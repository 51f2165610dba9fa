/** What the chart tells those who listen to its actor, and what it gives to the actors it invokes. */
import { describe, expect, test } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import {
  type ConnectionEmitted,
  type ConnectionHandle,
  connectionMachine,
  type ProbeInput,
  type ProbeOutput,
  type ReleaseOutput,
  type SessionCommand,
  type SessionFact,
  type SessionInput,
} from '../../machines/index.js';
import { resolveConfig } from '../../src/connection/config.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { Journey } from './journey.js';

async function listened(config: ConnectionConfig = {}) {
  const journey = new Journey(config);
  const heard: ConnectionEmitted[] = [];
  journey.actor.on('*', (event) => heard.push(event));
  await journey.connect();
  return { journey, heard };
}

const FIRST: ConnectionEmitted = { type: 'probe.answered', evidence: 'reply', latency: 1 };

describe('who listens hears of every probe', () => {
  test('answered: with the evidence, and how long it took', async () => {
    const { journey, heard } = await listened();
    await journey.send('checkHealth');
    await journey.probed({ evidence: 'traffic', latency: null });
    await journey.send('checkHealth');
    await journey.probed({ latency: 12 });
    expect(heard).toEqual([
      FIRST,
      { type: 'probe.answered', evidence: 'traffic', latency: null },
      { type: 'probe.answered', evidence: 'reply', latency: 12 },
    ]);
  });

  test('failed: with the reason, the last one before the session ends included', async () => {
    const { journey, heard } = await listened({ healthCheck: { failureThreshold: 2, timeout: 4_000 } });
    await journey.send('checkHealth');
    await journey.probeFailed();
    await journey.send('checkHealth');
    await journey.advance(4_000);
    expect(journey.place).toBe('releasing');
    expect(heard).toEqual([
      FIRST,
      { type: 'probe.unanswered', reason: 'ill', isAlive: false },
      { type: 'probe.unanswered', reason: 'no answer within 4000 ms', isAlive: false },
    ]);
  });

  test('failed for the last time, by an error', async () => {
    const { journey, heard } = await listened({ healthCheck: { failureThreshold: 1 } });
    await journey.send('checkHealth');
    await journey.probeFailed();
    expect(journey.place).toBe('releasing');
    expect(heard).toEqual([FIRST, { type: 'probe.unanswered', reason: 'ill', isAlive: false }]);
  });

  test('where nothing hangs on it: by an error and by time', async () => {
    const { journey, heard } = await listened({ healthCheck: { failureThreshold: 3, timeout: 4_000 } });
    await journey.send('checkHealth');
    await journey.advance(4_000);
    expect(journey.place).toBe('connected: degraded, confirming, settling');
    expect(heard.slice(1)).toEqual([
      { type: 'probe.unanswered', reason: 'no answer within 4000 ms', isAlive: false },
    ]);

    const unchecked = new Journey({ healthCheck: false, keepAlive: { interval: 10_000 } });
    const also: ConnectionEmitted[] = [];
    unchecked.actor.on('*', (event) => also.push(event));
    await unchecked.send('connect');
    await unchecked.handshake();
    await unchecked.elapse();
    await unchecked.probeFailed();
    await unchecked.advance(10_000);
    await unchecked.advance(5_000);
    expect(also).toEqual([
      { type: 'probe.unanswered', reason: 'ill', isAlive: false },
      { type: 'probe.unanswered', reason: 'no answer within 5000 ms', isAlive: false },
    ]);
  });

  test('late, from a server that lives: with the reason, and that it lives', async () => {
    const { journey, heard } = await listened({ healthCheck: { timeout: 4_000 } });
    await journey.send('checkHealth');
    await journey.report({ type: 'session.heard', at: 1, time: 2 });
    await journey.advance(4_000);
    expect(journey.place).toBe('connected: degraded, confirming, settling');
    expect(heard.slice(1)).toEqual([
      { type: 'probe.unanswered', reason: 'alive, but no answer within 4000 ms', isAlive: true },
    ]);
  });

  test('also where health is not checked: late, or silent, and then asked in other words', async () => {
    for (const isHeard of [true, false]) {
      const journey = new Journey({ healthCheck: false, keepAlive: { interval: 10_000 } });
      const heard: ConnectionEmitted[] = [];
      journey.actor.on('*', (event) => heard.push(event));
      await journey.send('connect');
      await journey.handshake();
      await journey.advance(10_000);
      if (isHeard) await journey.report({ type: 'session.heard', at: 1, time: 2 });
      await journey.advance(5_000);
      expect(journey.place).toBe('connected: degraded, waiting, settling');
      expect(journey.context.probeFailures).toBe(isHeard ? 0 : 1);
      const reason = isHeard ? 'alive, but no answer within 5000 ms' : 'no answer within 5000 ms';
      expect(heard).toEqual([{ type: 'probe.unanswered', reason, isAlive: isHeard }]);
      await journey.advance(10_000);
      expect(journey.probes).toEqual(['ping routine', 'alternative now']);
    }
  });

  test('and that a server was heard of before its first answer', async () => {
    const journey = new Journey();
    const heard: ConnectionEmitted[] = [];
    journey.actor.on('*', (event) => heard.push(event));
    await journey.send('connect');
    await journey.handshake();
    await journey.report({ type: 'session.heard', at: 71, time: 72 });
    expect(journey.place).toBe('connected: healthy, waiting, settling');
    expect(heard).toEqual([{ type: 'probe.answered', evidence: 'traffic', latency: null }]);
    expect(journey.context).toMatchObject({ connectedSince: 71, connectedAt: 72 });
  });
});

describe('every actor is given', () => {
  /** The chart over actors that write down their input and go on at once. */
  async function inputsOf(config: ConnectionConfig, end: SessionFact) {
    const handle: ConnectionHandle = {};
    const inputs: { [actor: string]: { handle: ConnectionHandle }[] } = {};
    const note = (actor: string, input: { handle: ConnectionHandle }) => {
      inputs[actor] = [...(inputs[actor] ?? []), input];
    };
    let report: (fact: SessionFact) => void = () => expect.unreachable('no session is open');
    const clock = new SteppingClock();
    const machine = connectionMachine.provide({
      actors: {
        turn: fromPromise<void, { handle: ConnectionHandle }>(async ({ input }) => note('turn', input)),
        restore: fromPromise<void, { handle: ConnectionHandle }>(async ({ input }) => note('restore', input)),
        authorize: fromPromise<void, { handle: ConnectionHandle }>(async ({ input }) =>
          note('authorize', input),
        ),
        release: fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(async ({ input }) => {
          note('release', input);
          return { startedAt: 0, at: 0, random: 0.5 };
        }),
        probe: fromPromise<ProbeOutput, ProbeInput>(async ({ input }) => {
          note('probe', input);
          return { at: 0, time: 0, evidence: 'reply', evidenceAt: 0, latency: 1, nextDelay: 1_000 };
        }),
        session: fromCallback<SessionCommand, SessionInput>(({ input, sendBack }) => {
          note('session', input);
          report = sendBack;
        }),
      },
    });
    const actor = createActor(machine, {
      clock,
      input: {
        name: 'noted',
        handle,
        config: resolveConfig(config),
        supportedVersions: ['2025-11-25'],
        requiredCapabilities: [],
        probe: 'ping',
      },
    });
    actor.start();
    actor.send({ type: 'connection.connect' });
    await settle();
    report({ type: 'transport.opened' });
    const serverInfo = { name: 'a', version: '1' };
    report({
      type: 'handshake.answered',
      answer: { protocolVersion: '2025-11-25', serverInfo, capabilities: [] },
    });
    report({ type: 'handshake.completed', at: 0, time: 0 });
    await settle();
    actor.send({ type: 'connection.checkHealth' });
    await settle();
    report(end);
    await settle();
    actor.send({ type: 'connection.authorize' });
    await settle();
    actor.send({ type: 'connection.disconnect' });
    await settle();
    return { inputs, handle };
  }

  const unauthorized: SessionFact = {
    type: 'session.lost',
    error: { code: 'AUTHORIZATION_REQUIRED', message: '401' },
  };

  test('the handle behind which the connection’s live things are, and sessions their number', async () => {
    const { inputs, handle } = await inputsOf({}, unauthorized);
    expect(inputs.turn).toEqual([{ handle }, { handle }]);
    expect(inputs.session).toEqual([
      { handle, epoch: 1 },
      { handle, epoch: 2 },
    ]);
    expect(inputs.restore).toEqual([{ handle }]);
    expect(inputs.release).toEqual([{ handle }, { handle }]);
    expect(inputs.authorize).toEqual([{ handle }]);
    for (const input of Object.values(inputs).flat()) {
      // The very same: a copy has nothing behind it.
      expect(input.handle).toBe(handle);
    }
  });

  const asked = { method: 'ping', urgency: 'now' };

  test('what there is to probe: how long silence may last on either side', async () => {
    const both = await inputsOf(
      { healthCheck: { interval: 20_000 }, keepAlive: { interval: 15_000 } },
      unauthorized,
    );
    const given = { handle: both.handle, ...asked, interval: 20_000, keepAliveInterval: 15_000 };
    expect(both.inputs.probe).toEqual([given, given]);
    const healthOnly = await inputsOf({ healthCheck: { interval: 20_000 } }, unauthorized);
    expect(healthOnly.inputs.probe?.[0]).toMatchObject({ interval: 20_000, keepAliveInterval: null });
    const aliveOnly = await inputsOf({ healthCheck: false, keepAlive: { interval: 15_000 } }, unauthorized);
    expect(aliveOnly.inputs.probe).toEqual([
      { handle: aliveOnly.handle, ...asked, interval: null, keepAliveInterval: 15_000 },
    ]);
  });
});
