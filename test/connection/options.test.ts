/**
 * Every option changes something that can be seen. The tables are typed by the options themselves: a new
 * one does not compile without an entry here.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HealthCheckConfig, RetryPolicy, TimeoutConfig } from '../../machines/index.js';
import type { ConnectionConfig, ConnectionOptions } from '../../src/connection/options.js';
import { answerHandshake } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, look, Rig, WireRig } from './support.js';

type Observations<Options> = { [Option in keyof Required<Options>]: () => Promise<void> };

function observe<Options>(of: string, observations: Observations<Options>): void {
  test.each(Object.entries<() => Promise<void>>(observations))(`${of}%s`, (_, observation) => observation());
}

/** Loses the session of each attempt until the connection has given up; returns the waits in between. */
async function giveUp(rig: Rig): Promise<number[]> {
  const waits: number[] = [];
  while (rig.status !== 'failed') {
    await rig.lose();
    const [wait] = rig.clock.delays;
    if (rig.status !== 'reconnecting' || wait === undefined) continue;
    waits.push(wait);
    rig.clock.step();
    await settle();
  }
  return waits;
}

async function wanted(options: Partial<ConnectionOptions>): Promise<Rig> {
  const rig = new Rig(options);
  rig.manager.connect().catch(() => {});
  await settle();
  return rig;
}

async function up(options: Partial<ConnectionOptions> = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.connect();
  return rig;
}

const constant = { backoffStrategy: { type: 'constant', delay: 1_000 }, jitter: 'none' } as const;

observe<RetryPolicy>('retryPolicy.', {
  initialAttempts: async () => {
    const [one, four] = [
      await wanted({ retryPolicy: { initialAttempts: 1 } }),
      await wanted({ retryPolicy: { initialAttempts: 4 } }),
    ];
    await giveUp(one);
    await giveUp(four);
    expect([one.sessions.length, four.sessions.length]).toEqual([1, 4]);
  },
  maxAttempts: async () => {
    const [none, two] = [
      await up({ retryPolicy: { maxAttempts: 0 } }),
      await up({ retryPolicy: { maxAttempts: 2 } }),
    ];
    await giveUp(none);
    await giveUp(two);
    expect([none.sessions.length, two.sessions.length]).toEqual([1, 3]);
  },
  backoffStrategy: async () => {
    const waits = async (backoffStrategy: RetryPolicy['backoffStrategy']) =>
      giveUp(await wanted({ retryPolicy: { initialAttempts: 5, jitter: 'none', backoffStrategy } }));
    expect(await waits({ type: 'constant', delay: 700 })).toEqual([700, 700, 700, 700]);
    expect(await waits({ type: 'linear', delay: 700, maxDelay: 2_000 })).toEqual([700, 1_400, 2_000, 2_000]);
    expect(await waits({ type: 'exponential', initial: 200, multiplier: 3, maxDelay: 5_000 })).toEqual([
      200, 600, 1_800, 5_000,
    ]);
  },
  timeout: async () => {
    const rig = await up({ retryPolicy: { timeout: 2_500, ...constant } });
    expect(await giveUp(rig)).toEqual([1_000, 1_000, 1_000]);
  },
  jitter: async () => {
    const wait = async (jitter: RetryPolicy['jitter']) =>
      (await giveUp(await wanted({ retryPolicy: { ...constant, initialAttempts: 2, jitter } })))[0];
    expect([await wait('none'), await wait('equal'), await wait('full')]).toEqual([1_000, 750, 500]);
  },
  minDelay: async () => {
    const wait = async (minDelay: number) =>
      (await giveUp(await wanted({ random: () => 0, retryPolicy: { initialAttempts: 2, minDelay } })))[0];
    expect([await wait(0), await wait(100), await wait(400)]).toEqual([1, 100, 400]);
  },
  stableAfter: async () => {
    const rig = await up({ retryPolicy: { stableAfter: 5_500 }, healthCheck: { interval: 1_000 } });
    await rig.becomeStable();
    expect(rig.clock.now()).toBe(6_000);
    await rig.lose();
    expect(rig.manager.state).toEqual({ status: 'connecting', phase: 'transportSetup', retryCount: 1 });
  },
});

test('retryPolicy: false is one attempt, and no retry after a loss', async () => {
  const first = await wanted({ retryPolicy: false });
  expect(await giveUp(first)).toEqual([]);
  const lost = await up({ retryPolicy: false });
  expect(await giveUp(lost)).toEqual([]);
  expect([first.sessions.length, lost.sessions.length]).toEqual([1, 1]);
});

observe<HealthCheckConfig & { probe: unknown }>('healthCheck.', {
  interval: async () => {
    const rig = await up({ healthCheck: { interval: 7_000 } });
    await rig.clock.advance(6_999);
    expect(rig.session.probes).toHaveLength(1);
    await rig.clock.advance(1);
    expect(rig.session.probes).toHaveLength(2);
  },
  timeout: async () => {
    const rig = await up({ healthCheck: { timeout: 300 } });
    const checked = rig.manager.checkHealth();
    await settle();
    await rig.clock.advance(299);
    expect(rig.manager.health).toEqual({ status: 'healthy' });
    await rig.clock.advance(1);
    expect(await checked).toEqual({ status: 'degraded', reason: 'no answer within 300 ms' });
  },
  failureThreshold: async () => {
    const rig = await up({ healthCheck: { failureThreshold: 2, confirmAfter: 10, timeout: 10 } });
    void rig.manager.checkHealth();
    await rig.clock.advance(19);
    expect([rig.status, rig.manager.health?.status]).toEqual(['connected', 'degraded']);
    await rig.clock.advance(11);
    expect(rig.status).toBe('reconnecting');
    expect(rig.manager.stats.disconnects).toEqual({ UNHEALTHY: 1 });
    expect(rig.manager.health).toMatchObject({ status: 'unhealthy' });
  },
  confirmAfter: async () => {
    const rig = await up({ healthCheck: { confirmAfter: 123 } });
    void rig.manager.checkHealth();
    await settle();
    rig.session.probes[1]?.fail(new Error('ill'));
    await settle();
    await rig.clock.advance(122);
    expect(rig.session.probes).toHaveLength(2);
    await rig.clock.advance(1);
    expect(rig.session.probes).toHaveLength(3);
  },
  probe: async () => {
    const probe = vi.fn(async () => {});
    const rig = new WireRig({ healthCheck: { probe } });
    await rig.manager.connect();
    expect(probe).toHaveBeenCalledOnce();
    expect(rig.wire.requests('ping')).toHaveLength(0);
    const named = new WireRig({ healthCheck: { probe: 'acme/health' } });
    named.manager.connect().catch(() => {});
    await settle();
    expect(named.wire.requests('acme/health')).toHaveLength(1);
    await Promise.all([rig.manager.terminate(), named.manager.terminate()]);
  },
});

test('healthCheck: false asks nothing, ever, unless it is told to', async () => {
  const rig = new Rig({ healthCheck: false });
  const connected = rig.manager.connect();
  await rig.handshake();
  await connected;
  await rig.clock.advance(3_600_000);
  expect(rig.session.probes).toHaveLength(0);
  const checked = rig.manager.checkHealth();
  await settle();
  await rig.answerProbe();
  expect(await checked).toEqual({ status: 'healthy' });
});

test('keepAlive sends before we have been silent for too long; without it only the server’s silence counts', async () => {
  const asked = async (options: Partial<ConnectionOptions>) => {
    const rig = await up({ healthCheck: { interval: 20_000 }, ...options });
    // The server talks all the time; we say nothing.
    for (let second = 0; second < 60; second += 1) {
      rig.session.traffic.receivedAt = rig.clock.now();
      await rig.clock.advance(1_000);
      const { probes } = rig.session;
      if (probes.length > counted) await rig.answerProbe();
      counted = probes.length;
    }
    return rig.session.probes.length;
  };
  let counted = 1;
  const without = await asked({ keepAlive: false });
  counted = 1;
  const withIt = await asked({ keepAlive: { interval: 10_000 } });
  expect(without).toBe(1);
  expect(withIt).toBeGreaterThan(4);
});

describe('timeout', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The code an attempt fails with after so many milliseconds, and still waits a millisecond before. */
  async function failsAfter(rig: Rig, delay: number): Promise<string> {
    await rig.clock.advance(delay - 1);
    expect(rig.status).toBe('connecting');
    await rig.clock.advance(1);
    rig.session.finishClosing();
    await settle();
    return rig.manager.stats.lastError?.code ?? 'none';
  }

  observe<TimeoutConfig>('timeout.', {
    connect: async () => {
      const rig = await wanted({ retryPolicy: false, timeout: { connect: 700 } });
      rig.session.opened();
      expect(await failsAfter(rig, 700)).toBe('CONNECT_TIMEOUT');
    },
    transport: async () => {
      const rig = await wanted({ retryPolicy: false, timeout: { transport: 300 } });
      expect(await failsAfter(rig, 300)).toBe('TRANSPORT_TIMEOUT');
    },
    negotiation: async () => {
      const rig = await wanted({ retryPolicy: false, timeout: { negotiation: 200 } });
      rig.session.opened();
      await rig.clock.advance(5_000);
      rig.session.answered();
      expect(await failsAfter(rig, 200)).toBe('NEGOTIATION_TIMEOUT');
    },
    drain: async () => {
      const rig = await up({ timeout: { drain: 250 } });
      void rig.manager.disconnect();
      await settle();
      await rig.clock.advance(249);
      expect(rig.session.isClosing).toBe(false);
      await rig.clock.advance(1);
      expect(rig.session.isClosing).toBe(true);
    },
    release: async () => {
      const rig = await up({ timeout: { release: 450 } });
      rig.session.lost(exited());
      await settle();
      await rig.clock.advance(449);
      expect(rig.status).toBe('reconnecting');
      await rig.clock.advance(1);
      expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code: 'RELEASE_FAILED' } });
    },
    call: async () => {
      const rig = new WireRig({ timeout: { call: 350 } });
      await rig.manager.connect();
      const outcome = errorOf(rig.manager.callTool({ name: 'a' }));
      await vi.advanceTimersByTimeAsync(350);
      expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT' } });
      await rig.manager.terminate();
    },
    callTotal: async () => {
      const rig = new WireRig({ timeout: { callTotal: 250 } });
      await rig.manager.connect();
      const options = { resetTimeoutOnProgress: true, onprogress: () => {} };
      const outcome = errorOf(rig.manager.callTool({ name: 'a' }, options));
      await vi.advanceTimersByTimeAsync(250);
      expect(await look(outcome)).toMatchObject({ value: { code: 'CALL_TIMEOUT' } });
      await rig.manager.terminate();
    },
  });
});

describe('and', () => {
  /** A fetch that answers the handshake and ping, and keeps what it was asked. */
  function server() {
    const requests: { url: string; headers: Headers; method: string }[] = [];
    const fetch: NonNullable<ConnectionOptions['fetch']> = async (url, init) => {
      const headers = new Headers(init?.headers);
      requests.push({ url: String(url), headers, method: init?.method ?? 'GET' });
      if (init?.method !== 'POST') return new Response(null, { status: 405 });
      const message: unknown = JSON.parse(String(init.body));
      if (typeof message !== 'object' || message === null || !('id' in message)) {
        return new Response(null, { status: 202 });
      }
      const method = 'method' in message ? String(message.method) : '';
      const result = answerHandshake({ jsonrpc: '2.0', id: 0, method });
      const headersOut = { 'content-type': 'application/json' };
      return new Response(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }), {
        headers: headersOut,
      });
    };
    return { requests, fetch };
  }

  // The policies are the tables above.
  observe<Omit<ConnectionOptions, keyof ConnectionConfig>>('', {
    name: async () => {
      const rig = new Rig({ name: 'the one and only' });
      expect(rig.manager.name).toBe('the one and only');
      expect(await errorOf(rig.manager.ping())).toMatchObject({ server: 'the one and only' });
    },
    server: async () => {
      const rig = new WireRig();
      await rig.manager.connect();
      expect(rig.transports).toHaveLength(1);
      await rig.manager.terminate();
    },
    clientInfo: async () => {
      const sent = async (options: Partial<ConnectionOptions>) => {
        const rig = new WireRig(options);
        await rig.manager.connect();
        await rig.manager.terminate();
        return rig.request('initialize').params?.clientInfo;
      };
      expect(await sent({})).toMatchObject({ name: 'mcp-lifeline' });
      const clientInfo = { name: 'an IDE', version: '7' };
      expect(await sent({ clientInfo })).toEqual(clientInfo);
    },
    capabilities: async () => {
      const rig = new WireRig({ capabilities: { roots: { listChanged: true } } });
      await rig.manager.connect();
      expect(rig.request('initialize').params?.capabilities).toEqual({ roots: { listChanged: true } });
      await rig.manager.terminate();
    },
    requiredCapabilities: async () => {
      const offered = new WireRig({ requiredCapabilities: ['tools'] });
      await offered.manager.connect();
      const missing = new WireRig({ requiredCapabilities: ['tools', 'resources.subscribe', 'logging'] });
      expect(await errorOf(missing.manager.connect())).toMatchObject({
        code: 'CAPABILITY_MISSING',
        message: expect.stringContaining('resources.subscribe, logging'),
      });
      // It was never accepted, and not tried again.
      expect(missing.wire.sent).toHaveLength(1);
      expect(missing.transports).toHaveLength(1);
      await offered.manager.terminate();
    },
    configureClient: async () => {
      const configureClient = vi.fn();
      const rig = new WireRig({ configureClient });
      await rig.manager.connect();
      const first = rig.manager.client;
      await rig.manager.reconnect();
      expect(configureClient.mock.calls).toEqual([[first], [rig.manager.client]]);
      await rig.manager.terminate();
    },
    authProvider: async () => {
      const { requests, fetch } = server();
      const rig = new WireRig({
        server: { url: 'http://localhost:1/mcp' },
        fetch,
        authProvider: {
          redirectUrl: 'http://localhost:1/callback',
          clientMetadata: { redirect_uris: [] },
          clientInformation: () => undefined,
          tokens: () => ({ access_token: 'a token', token_type: 'Bearer' }),
          saveTokens: () => {},
          redirectToAuthorization: () => {},
          saveCodeVerifier: () => {},
          codeVerifier: () => '',
        },
      });
      await rig.manager.connect();
      expect(requests[0]?.headers.get('authorization')).toBe('Bearer a token');
      await rig.manager.terminate();
    },
    headers: async () => {
      const { requests, fetch } = server();
      const url = 'http://localhost:1/mcp';
      let count = 0;
      const headers = () => {
        count += 1;
        return { 'x-count': String(count) };
      };
      const rig = new WireRig({ server: { url, headers: { 'x-fixed': 'yes' } }, headers, fetch });
      await rig.manager.connect();
      const posts = requests.filter(({ method }) => method === 'POST');
      expect(posts.map(({ headers: sent }) => sent.get('x-fixed'))).toEqual(['yes', 'yes', 'yes']);
      expect(new Set(posts.map(({ headers: sent }) => sent.get('x-count'))).size).toBe(3);
      await rig.manager.terminate();
    },
    fetch: async () => {
      const { requests, fetch } = server();
      const rig = new WireRig({ server: { url: 'http://localhost:1/mcp' }, fetch });
      await rig.manager.connect();
      expect(requests.map(({ url }) => url)).toContain('http://localhost:1/mcp');
      await rig.manager.terminate();
    },
    secrets: async () => {
      const failing = async (options: Partial<ConnectionOptions>) => {
        const fetch = async () => new Response('no entry for swordfish', { status: 400 });
        const rig = new WireRig({
          server: { url: 'http://localhost:1/swordfish', type: 'http' },
          fetch,
          ...options,
        });
        return String(await errorOf(rig.manager.connect()));
      };
      expect(await failing({})).toContain('swordfish');
      expect(await failing({ secrets: ['swordfish'] })).not.toContain('swordfish');
    },
    clock: async () => {
      const clock = new SteppingClock({ now: 5, epoch: 86_400_000 });
      const rig = new Rig({ clock });
      await rig.connect();
      expect(rig.manager.state).toMatchObject({ info: { connectedAt: 86_400_000 } });
      expect(clock.delays).toContain(30_000);
    },
    random: async () => {
      const wait = async (random: () => number) => {
        const rig = await wanted({ random, retryPolicy: { initialAttempts: 2 } });
        await rig.lose();
        return rig.clock.delays[0];
      };
      expect([await wait(() => 0.25), await wait(() => 0.75)]).toEqual([125, 375]);
    },
    inspect: async () => {
      const inspect = vi.fn();
      await up({ inspect });
      const types = inspect.mock.calls.map(([event]) => event.type);
      expect(types).toContain('@xstate.actor');
      expect(types).toContain('@xstate.snapshot');
    },
    logger: async () => {
      const [debug, warn] = [vi.fn(), vi.fn()];
      const rig = await up({ logger: { debug, warn } });
      expect(debug).toHaveBeenCalledWith('files: connected (done probe)');
      void rig.manager.checkHealth();
      await settle();
      rig.session.probes[1]?.fail(new Error('ill'));
      await settle();
      expect(warn).toHaveBeenCalledWith('files: a probe failed: ill');
      await rig.clock.advance(1_000);
      rig.session.heard();
      await rig.clock.advance(5_000);
      expect(warn).toHaveBeenLastCalledWith('files: a probe is late: alive, but no answer within 5000 ms');
    },
    historyLimit: async () => {
      const rig = await up({ historyLimit: 2 });
      expect(rig.manager.monitor.history.map(({ to }) => to.status)).toEqual(['connecting', 'connected']);
    },
    gate: async () => {
      let enter: () => void = () => {};
      const leave = vi.fn();
      const gate = {
        enter: vi.fn(
          () =>
            new Promise<() => void>((resolve) => {
              enter = () => resolve(leave);
            }),
        ),
      };
      const rig = await wanted({ gate });
      expect(rig.manager.state).toMatchObject({ phase: 'queued' });
      expect(rig.sessions).toHaveLength(0);
      enter();
      await rig.handshake();
      // The turn ends with the handshake: the next may start while this one is probed.
      expect(leave).toHaveBeenCalledOnce();
      await rig.answerProbe();
      await rig.lose();
      rig.clock.step();
      await settle();
      expect(gate.enter).toHaveBeenCalledTimes(2);
    },
    createSession: async () => {
      const rig = await up();
      expect(rig.manager.client).toBe(rig.session.client);
      expect(rig.session.epoch).toBe(1);
    },
  });
});
