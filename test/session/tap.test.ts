import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import type { CallTrace } from '../../src/session/port.js';
import { Tap, type TapObserver } from '../../src/session/tap.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { loseRequest } from '../../src/transports/lostRequest.js';
import { errorOf } from '../connection/support.js';

const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize' } as const;
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' } as const;
const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call' } as const;
const ANSWER = { jsonrpc: '2.0', id: 7, result: {} } as const;

const newTrace = (): CallTrace => ({ written: 0, answered: 0 });

const silent: TapObserver = {
  opened: () => {},
  initializeAnswered: () => {},
  initializeRefused: () => {},
  initialized: () => {},
  lost: () => {},
  closed: () => {},
  failed: () => {},
  strayed: () => {},
  notified: () => {},
  setUp: () => {},
};

/** A started tap on a transport. */
async function tapped(overrides: Partial<TapObserver> = {}) {
  const inner = new ScriptedTransport(() => undefined);
  const clock = new SteppingClock({ now: 1_000 });
  const seen: string[] = [];
  const note = (what: string) => (fact?: unknown) =>
    void seen.push(
      fact === undefined ? what : `${what} ${fact instanceof Error ? fact.message : JSON.stringify(fact)}`,
    );
  const observer: TapObserver = {
    opened: note('opened'),
    initializeAnswered: note('initializeAnswered'),
    initializeRefused: note('initializeRefused'),
    initialized: note('initialized'),
    lost: note('lost'),
    closed: note('closed'),
    failed: note('failed'),
    strayed: note('strayed'),
    notified: note('notified'),
    setUp: note('setUp'),
    ...overrides,
  };
  const tap = new Tap(inner, observer, clock);
  const delivered = vi.fn();
  tap.onmessage = delivered;
  const closed = vi.fn();
  tap.onclose = closed;
  await tap.start();
  return { tap, inner, clock, seen, delivered, closed };
}

describe('the handshake', () => {
  test('is reported in the order of the wire', async () => {
    const { tap, inner, seen, delivered } = await tapped();
    await tap.send(INITIALIZE);
    inner.receive({ jsonrpc: '2.0', id: 0, result: { protocolVersion: 'x' } });
    const initialized = tap.send(INITIALIZED);
    await settle();
    expect(inner.sent).toEqual([INITIALIZE]);
    tap.accept();
    await initialized;
    expect(inner.sent).toEqual([INITIALIZE, INITIALIZED]);
    expect(seen).toEqual(['opened', 'initializeAnswered {"protocolVersion":"x"}', 'initialized']);
    expect(delivered).toHaveBeenCalledOnce();
  });

  test('is over with a peer that asks for it itself', async () => {
    const lost: ConnectionError[] = [];
    const { tap, inner, delivered } = await tapped({ lost: (error) => lost.push(error) });
    await tap.send(INITIALIZE);
    inner.receive(INITIALIZE);
    expect(lost).toMatchObject([{ code: 'NOT_MCP' }]);
    expect(delivered).not.toHaveBeenCalled();
  });

  test('that is refused is told as such', async () => {
    const { tap, inner, seen } = await tapped();
    await tap.send(INITIALIZE);
    inner.receive({ jsonrpc: '2.0', id: 0, error: { code: -32603, message: 'not yet' } });
    expect(seen).toEqual(['opened', 'initializeRefused']);
  });

  test('goes on at once when the server was accepted before', async () => {
    const { tap, inner } = await tapped();
    tap.accept();
    tap.accept();
    await tap.send(INITIALIZED);
    expect(inner.sent).toEqual([INITIALIZED]);
  });

  test('R8: is never cancelled, while other requests are', async () => {
    const { tap, inner } = await tapped();
    await tap.send(INITIALIZE);
    await tap.send(CALL);
    const cancel = (requestId: number) =>
      tap.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    await cancel(0);
    await cancel(7);
    expect(inner.sent.slice(2)).toMatchObject([
      { method: 'notifications/cancelled', params: { requestId: 7 } },
    ]);
  });

  test('an answer that ends the session in the same turn reaches nobody', async () => {
    const { tap, inner, delivered, closed } = await tapped({ initializeAnswered: () => tap.retire() });
    await tap.send(INITIALIZE);
    inner.receive({ jsonrpc: '2.0', id: 0, result: {} });
    expect(delivered).not.toHaveBeenCalled();
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe('retire', () => {
  test('lets nothing through in either direction, and tells the client', async () => {
    const { tap, inner, seen, delivered, closed } = await tapped();
    tap.retire();
    tap.retire();
    expect(closed).toHaveBeenCalledOnce();
    expect(await errorOf(tap.send(CALL))).toMatchObject({
      name: 'ConnectionError',
      code: 'CONNECTION_CLOSED',
      details: { unsent: true },
    });
    inner.receive(ANSWER);
    inner.receive({ jsonrpc: '2.0', method: 'notifications/message' });
    inner.onerror?.(new Error('late'));
    inner.lose(new ConnectionError('PROCESS_EXITED', 'late'));
    expect(inner.sent).toEqual([]);
    expect(delivered).not.toHaveBeenCalled();
    expect(seen).toEqual(['opened']);
    expect(tap.traffic).toEqual({ receivedAt: Number.NEGATIVE_INFINITY, sentAt: Number.NEGATIVE_INFINITY });
  });

  test('does not let out a notifications/initialized that waits', async () => {
    const { tap, inner, seen } = await tapped();
    const outcome = errorOf(tap.send(INITIALIZED));
    tap.retire();
    expect(await outcome).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(inner.sent).toEqual([]);
    expect(seen).toEqual(['opened']);
  });

  test('row 34: a transport that opens afterwards is closed', async () => {
    const inner = new ScriptedTransport();
    let open: () => void = () => {};
    inner.start = () =>
      new Promise<void>((resolve) => {
        open = () => {
          inner.isOpen = true;
          resolve();
        };
      });
    const opened = vi.fn();
    const tap = new Tap(inner, { ...silent, opened }, new SteppingClock());
    const starting = tap.start();
    tap.retire();
    await inner.close();
    open();
    await starting;
    expect(inner).toMatchObject({ isOpen: false, closes: 2 });
    expect(opened).not.toHaveBeenCalled();
  });

  test('before the handshake was completed, close is the SDK’s own and no loss; afterwards it is one', async () => {
    const early = await tapped();
    await early.tap.close();
    expect(early.seen).toEqual(['opened']);

    const late = await tapped();
    late.tap.accept();
    await late.tap.send(INITIALIZED);
    await late.tap.close();
    await late.tap.close();
    expect(late.seen).toEqual(['opened', 'initialized', 'closed']);
  });
});

describe('what passes', () => {
  test('is timed in both directions', async () => {
    const { tap, inner, clock } = await tapped();
    await tap.send(CALL);
    await clock.advance(5);
    inner.receive(ANSWER);
    expect(tap.traffic).toEqual({ sentAt: 1_000, receivedAt: 1_005 });
    await clock.advance(5);
    await tap.send({ jsonrpc: '2.0', method: 'notifications/progress' });
    expect(tap.traffic.sentAt).toBe(1_010);
    await clock.advance(5);
    tap.accept();
    await tap.send(INITIALIZED);
    expect(tap.traffic.sentAt).toBe(1_015);
  });

  test('is reported: losses, closings, errors, notifications', async () => {
    const { inner, seen } = await tapped();
    inner.onerror?.(new Error('garbage'));
    inner.receive({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    inner.lose(new ConnectionError('PROCESS_EXITED', 'exit code 3'));
    expect(seen).toEqual([
      'opened',
      'failed garbage',
      'notified "notifications/tools/list_changed"',
      'lost exit code 3',
      'closed',
    ]);
  });

  test('includes what only HTTP transports know', async () => {
    const { tap, inner } = await tapped();
    const setProtocolVersion = vi.fn();
    Object.assign(inner, { setProtocolVersion, sessionId: 'abc' });
    tap.setProtocolVersion('2025-11-25');
    expect(setProtocolVersion).toHaveBeenCalledExactlyOnceWith('2025-11-25');
    expect(tap.sessionId).toBe('abc');
  });
});

describe('traces', () => {
  test('follow the requests that were started within, and no others', async () => {
    const { tap, inner } = await tapped();
    const [trace, inside] = [newTrace(), newTrace()];
    await tap.trace(trace, async () => {
      tap.trace(inside, () => void tap.send({ ...CALL, id: 8 }));
      void tap.send(CALL);
      await settle();
      void tap.send({ ...CALL, id: 9 });
    });
    await settle();
    expect([trace, inside]).toEqual([
      { written: 1, answered: 0 },
      { written: 1, answered: 0 },
    ]);
    inner.receive(ANSWER);
    inner.receive(ANSWER);
    inner.receive({ jsonrpc: '2.0', id: 9, result: {} });
    inner.receive({ jsonrpc: '2.0', id: 8, error: { code: -1, message: 'no' } });
    expect([trace, inside]).toEqual([
      { written: 1, answered: 1 },
      { written: 1, answered: 1 },
    ]);
  });

  test('are left by an exception', async () => {
    const { tap } = await tapped();
    const trace = newTrace();
    expect(() =>
      tap.trace(trace, () => {
        throw new Error('a mistake');
      }),
    ).toThrow('a mistake');
    await tap.send(CALL);
    expect(trace).toEqual({ written: 0, answered: 0 });
  });

  test('count notifications as needing no answer', async () => {
    const { tap } = await tapped();
    const trace = newTrace();
    await tap.trace(trace, () => tap.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }));
    expect(trace).toEqual({ written: 1, answered: 1 });
  });

  test('tell what surely stayed unsent from what may have gone', async () => {
    const { tap, inner } = await tapped();
    const [unsent, unknown] = [newTrace(), newTrace()];
    inner.send = () => Promise.reject(new ConnectionError('PIPE_BROKEN', 'x', { details: { unsent: true } }));
    await errorOf(tap.trace(unsent, () => tap.send(CALL)));
    inner.send = () => Promise.reject(new ConnectionError('PIPE_BROKEN', 'x'));
    await errorOf(tap.trace(unknown, () => tap.send(CALL)));
    expect([unsent.written, unknown.written]).toEqual([0, 1]);
  });

  test('take no answer of a request that was cancelled, nor one made up for a lost one', async () => {
    const { tap, inner, delivered, clock } = await tapped();
    const trace = newTrace();
    await tap.trace(trace, () => tap.send(CALL));
    await tap.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });
    inner.receive(ANSWER);
    expect(trace.answered).toBe(0);

    const lost = newTrace();
    await tap.trace(lost, () => tap.send(CALL));
    await clock.advance(10);
    tap.onframe = vi.fn();
    inner.receive(loseRequest(7, new ConnectionError('STREAM_LOST', 'broken')));
    expect(lost.answered).toBe(0);
    expect(tap.traffic.receivedAt).toBe(1_000);
    expect(tap.onframe).not.toHaveBeenCalled();
    expect(delivered).toHaveBeenCalledOnce();
  });

  test('rows 20 and 21: an answer that nobody waits for is reported, and a sign of life', async () => {
    const { tap, inner, delivered, clock, seen } = await tapped();
    tap.onerror = vi.fn();
    await tap.send(CALL);
    await clock.advance(10);
    tap.onframe = vi.fn();
    inner.receive({ ...ANSWER, id: '7' });
    inner.receive({ ...ANSWER, id: 8 });
    expect(delivered).not.toHaveBeenCalled();
    expect(tap.onframe).toHaveBeenCalledTimes(2);
    expect(tap.traffic.receivedAt).toBe(1_010);
    inner.receive(ANSWER);
    inner.receive(ANSWER);
    expect(delivered).toHaveBeenCalledExactlyOnceWith(ANSWER, undefined);
    expect(seen.slice(1)).toEqual(
      ['"7"', '8', '7'].map((id) => `strayed an answer to no request in flight (id ${id})`),
    );
    expect(tap.onerror).toHaveBeenCalledTimes(3);
  });

  test('row 20: an answer to a request that could not be sent, or to a second handshake, is one too', async () => {
    const { tap, inner, delivered, seen } = await tapped();
    const { send } = inner;
    inner.send = () => Promise.reject(new Error('no'));
    await errorOf(tap.send(CALL));
    inner.send = send;
    inner.receive(ANSWER);
    await tap.send(INITIALIZE);
    inner.receive({ jsonrpc: '2.0', id: 0, result: {} });
    inner.receive({ jsonrpc: '2.0', id: 0, result: {} });
    expect(delivered).toHaveBeenCalledOnce();
    expect(seen.filter((what) => what.startsWith('initializeAnswered'))).toHaveLength(1);
  });

  test('to a question that was withdrawn, an answer is a sign of life and no stray', async () => {
    const { tap, inner, delivered, seen } = await tapped();
    const onframe = vi.fn();
    const ask = async (id: number, isQuestion: boolean) => {
      const trace: CallTrace = { written: 0, answered: 0, ...(isQuestion && { isQuestion }) };
      await tap.trace(trace, () => tap.send({ jsonrpc: '2.0', id, method: 'ping' }));
      await tap.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    };
    const answer = (id: number) => inner.receive({ jsonrpc: '2.0', id, result: {} });
    await ask(1, true);
    await ask(2, false);
    tap.onframe = onframe;
    answer(1);
    expect(onframe).toHaveBeenCalledTimes(1);
    expect(seen.slice(1)).toEqual([]);
    answer(1);
    answer(2);
    expect(seen.slice(1)).toEqual([1, 2].map((id) => `strayed an answer to no request in flight (id ${id})`));
    expect(delivered).not.toHaveBeenCalled();
    // A server that answers none of them is not remembered for it.
    for (let id = 100; id <= 200; id += 1) await ask(id, true);
    answer(100);
    answer(101);
    expect(seen.slice(3)).toEqual(['strayed an answer to no request in flight (id 100)']);
  });

  test('answers to the server’s own requests belong to nobody', async () => {
    const { tap, inner } = await tapped();
    const trace = newTrace();
    await tap.trace(trace, () => tap.send({ jsonrpc: '2.0', id: 'theirs', result: {} }));
    expect(trace).toEqual({ written: 0, answered: 0 });
    expect(inner.sent).toHaveLength(1);
  });
});
