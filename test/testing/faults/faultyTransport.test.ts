import { describe, expect, test } from 'vitest';
import {
  FaultyTransport,
  type HappenedFault,
  SteppingClock,
  type TransportFault,
} from '../../../src/testing/index.js';
import { ScriptedTransport } from '../../../src/testing/scriptedTransport.js';
import { call, HANDSHAKE, idle, LINES, type Line, pair } from './pair.js';

const firstCall = HANDSHAKE.sent + 1;
const firstAnswer = HANDSHAKE.received + 1;

describe.each(LINES)('a client of the SDK %s, over a faulty transport', (line: Line) => {
  const withFault = (...plan: TransportFault[]) => pair({ plan }, line);

  test('notices nothing where nothing is planned', async () => {
    const faultless = await withFault();
    const [one, two] = await call(faultless, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['answered', 'answered']);
    expect(faultless.transport.happened).toEqual([]);
    await faultless.client.close();
    expect(faultless.isClosed()).toBe(true);
  });

  test('drop: what is sent never arrives', async () => {
    const lossy = await withFault({ on: 'sent', at: firstCall, do: 'drop' });
    const [one, two] = await call(lossy, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
    expect(lossy.executed).toEqual(['two']);
    await lossy.client.close();
  });

  test('drop: what is received never arrives, and was executed', async () => {
    const lossy = await withFault({ on: 'received', at: firstAnswer, do: 'drop' });
    const [one, two] = await call(lossy, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
    expect(lossy.executed).toEqual(['one', 'two']);
    await lossy.client.close();
  });

  test.each(['sent', 'received'] as const)('delay: others overtake what is %s', async (on) => {
    const clock = new SteppingClock();
    const at = on === 'sent' ? firstCall : firstAnswer;
    const slow = await pair({ plan: [{ on, at, do: 'delay', by: 5_000 }], clock }, line);
    const [one, two] = await call(slow, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
    await clock.advance(4_999);
    await idle();
    expect(one?.seen).toBe('pending');
    await clock.advance(1);
    await idle();
    expect(one?.seen).toBe('answered');
    expect(slow.executed).toEqual(on === 'sent' ? ['two', 'one'] : ['one', 'two']);
  });

  test('delay: what is late when the transport closes is lost', async () => {
    const clock = new SteppingClock();
    const slow = await pair({ plan: [{ on: 'sent', at: firstCall, do: 'delay', by: 5_000 }], clock }, line);
    await call(slow, 'one');
    await slow.client.close();
    expect(clock.delays).toEqual([]);
    expect(slow.executed).toEqual([]);
  });

  test('duplicate: what is sent is executed again', async () => {
    const echoing = await withFault({ on: 'sent', at: firstCall, do: 'duplicate', copies: 2 });
    const [one] = await call(echoing, 'one');
    expect(one?.seen).toBe('answered');
    expect(echoing.executed).toEqual(['one', 'one', 'one']);
  });

  test('duplicate: what is received answers nothing the second time', async () => {
    const echoing = await withFault({ on: 'received', at: firstAnswer, do: 'duplicate' });
    const [one] = await call(echoing, 'one');
    expect(one?.seen).toBe('answered');
    expect(echoing.executed).toEqual(['one']);
    expect(echoing.errors).toHaveLength(1);
  });

  test('garble: nobody can read the text that is sent', async () => {
    const noisy = await withFault({ on: 'sent', at: firstCall, do: 'garble' });
    const [one, two] = await call(noisy, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
    expect(noisy.executed).toEqual(['two']);
    await noisy.client.close();
  });

  test('garble: the client cannot read the text that is received, and is told', async () => {
    const noisy = await withFault({ on: 'received', at: firstAnswer, do: 'garble', how: 'text' });
    const [one] = await call(noisy, 'one');
    expect(one?.seen).toBe('pending');
    expect(noisy.errors).toEqual(['as planned: garble the text of the 2nd received message']);
    await noisy.client.close();
  });

  test.each(['sent', 'received'] as const)(
    'garble: the id of what is %s is that of no request',
    async (on) => {
      const at = on === 'sent' ? firstCall : firstAnswer;
      const noisy = await withFault({ on, at, do: 'garble', how: 'id' });
      const [one, two] = await call(noisy, 'one', 'two');
      expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
      expect(noisy.executed).toEqual(['one', 'two']);
      expect(noisy.errors).toHaveLength(1);
      await noisy.client.close();
    },
  );

  test.each(['sent', 'received'] as const)('garble: the body of what is %s is refused', async (on) => {
    const at = on === 'sent' ? firstCall : firstAnswer;
    const noisy = await withFault({ on, at, do: 'garble', how: 'body' });
    const [one] = await call(noisy, 'one');
    expect(one?.seen).toBe('rejected');
    expect(noisy.executed).toEqual(on === 'sent' ? [] : ['one']);
  });

  test('fail: sending rejects, and the transport stays open', async () => {
    const failing = await withFault({ on: 'sent', at: firstCall, do: 'fail' });
    const [one, two] = await call(failing, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['rejected', 'answered']);
    expect(one?.said).toContain('as planned: fail the 3rd sent message');
    expect(failing.executed).toEqual(['two']);
  });

  test('fail: in place of what is received there is an error', async () => {
    const failing = await withFault({ on: 'received', at: firstAnswer, do: 'fail' });
    const [one, two] = await call(failing, 'one', 'two');
    expect([one?.seen, two?.seen]).toEqual(['pending', 'answered']);
    expect(failing.errors).toEqual(['as planned: fail the 2nd received message']);
    await failing.client.close();
  });

  test.each(['sent', 'received'] as const)(
    'hang: nothing arrives after the message that is %s',
    async (on) => {
      const at = on === 'sent' ? firstCall : firstAnswer;
      const hanging = await withFault({ on, at, do: 'hang' });
      const calls = await call(hanging, 'one', 'two', 'three');
      expect(calls.map(({ seen }) => seen)).toEqual(['pending', 'pending', 'pending']);
      // All three were on their way before the first answer came.
      expect(hanging.executed).toEqual(on === 'sent' ? [] : ['one', 'two', 'three']);
      expect(hanging.transport.isHanging).toBe(true);
      expect(hanging.isClosed()).toBe(false);
      await hanging.client.close();
      expect(hanging.isClosed()).toBe(true);
      expect(hanging.transport.isHanging).toBe(false);
    },
  );

  test.each(['sent', 'received'] as const)('close: at the message that is %s', async (on) => {
    const at = on === 'sent' ? firstCall : firstAnswer;
    const closing = await withFault({ on, at, do: 'close' });
    const [one] = await call(closing, 'one');
    expect(one?.seen).toBe('rejected');
    expect(closing.executed).toEqual(on === 'sent' ? [] : ['one']);
    expect(closing.isClosed()).toBe(true);
  });

  test('counts the messages of a method, their answers included', async () => {
    const lossy = await withFault({ on: 'received', method: 'tools/call', at: 2, do: 'drop' });
    const pinged = lossy.client.ping();
    const calls = await call(lossy, 'one', 'two', 'three');
    await pinged;
    expect(calls.map(({ seen }) => seen)).toEqual(['answered', 'pending', 'answered']);
    expect(lossy.transport.happened).toMatchObject([{ method: 'tools/call', message: 4 }]);
    await lossy.client.close();
  });
});

describe('a plan', () => {
  test('can be about several messages in a row, or all', async () => {
    const lossy = await pair({
      plan: [
        { on: 'sent', method: 'tools/call', at: 1, times: 2, do: 'drop' },
        { on: 'sent', method: 'tools/call', at: 4, times: 'always', do: 'fail' },
      ],
    });
    const calls = await call(lossy, 'one', 'two', 'three', 'four', 'five');
    const seen = calls.map((one) => one.seen);
    expect(seen).toEqual(['pending', 'pending', 'answered', 'rejected', 'rejected']);
    await lossy.client.close();
  });

  test('gives a message the first fault that fits', async () => {
    const faulty = await pair({
      plan: [
        { on: 'sent', method: 'tools/call', at: 1, do: 'duplicate' },
        { on: 'sent', at: firstCall, times: 2, do: 'drop' },
      ],
    });
    await call(faulty, 'one', 'two', 'three');
    expect(faulty.executed).toEqual(['one', 'one', 'three']);
    await faulty.client.close();
  });

  test('is told of when it happens, before anything comes of it', async () => {
    const told: HappenedFault[] = [];
    const fault: TransportFault = { on: 'sent', method: 'tools/call', at: 1, do: 'close' };
    const closing = await pair({ plan: [fault], onfault: (happened) => told.push(happened) });
    await call(closing, 'one');
    expect(told).toEqual([{ fault, message: firstCall, method: 'tools/call' }]);
    expect(closing.transport.happened).toEqual(told);
  });

  test('can be that of a seed, or written down, and not both', () => {
    const build = () => new FaultyTransport(new ScriptedTransport(), { plan: [], seed: 1 });
    expect(build).toThrow('seed: found "also a plan", expected either a plan or a seed');
  });
});

describe('a message', () => {
  const answer = (id: number) => ({ jsonrpc: '2.0' as const, id, result: {} });

  async function scripted(clock: SteppingClock, ...plan: TransportFault[]) {
    const inner = new ScriptedTransport(() => undefined);
    const faulty = new FaultyTransport(inner, { plan, clock });
    const heard: unknown[] = [];
    faulty.onmessage = (message) => heard.push(message);
    await faulty.start();
    return { inner, faulty, heard };
  }

  test('that answers a request once more is of no method', async () => {
    const fault: TransportFault = { on: 'received', method: 'tools/call', at: 2, do: 'drop' };
    const { inner, faulty, heard } = await scripted(new SteppingClock(), fault);
    for (const id of [1, 2]) await faulty.send({ jsonrpc: '2.0', id, method: 'tools/call' });
    for (const id of [1, 1, 2]) inner.receive(answer(id));
    expect(heard).toEqual([answer(1), answer(1)]);
  });

  test('that was late when the transport began to hang does not arrive', async () => {
    const clock = new SteppingClock();
    const delay: TransportFault = { on: 'received', at: 1, do: 'delay', by: 10 };
    const { inner, heard } = await scripted(clock, delay, { on: 'received', at: 2, do: 'hang' });
    for (const id of [1, 2, 3]) inner.receive(answer(id));
    await clock.advance(10);
    expect(heard).toEqual([]);
  });

  test('that is late when the transport is closed is forgotten, also where nobody is told of the end', async () => {
    const clock = new SteppingClock();
    const { inner, faulty } = await scripted(clock, { on: 'received', at: 1, do: 'delay', by: 10 });
    inner.close = async () => {};
    inner.receive(answer(1));
    await faulty.close();
    expect(clock.delays).toEqual([]);
  });

  test('that is an error is another error when its body is damaged', async () => {
    const fault: TransportFault = { on: 'received', at: 1, do: 'garble', how: 'body' };
    const { inner, heard } = await scripted(new SteppingClock(), fault);
    inner.receive({ jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'Method not found' } });
    expect(heard).toEqual([{ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'garbled' } }]);
  });
});

describe('what a faulty transport takes over', () => {
  test('are the listeners that the other one had', async () => {
    const inner = new ScriptedTransport();
    const heard: unknown[] = [];
    inner.onmessage = (message) => heard.push(message);
    inner.onclose = () => heard.push('closed');
    const faulty = new FaultyTransport(inner, { plan: [{ on: 'received', at: 1, do: 'drop' }] });
    await faulty.start();
    for (const id of [1, 2]) inner.receive({ jsonrpc: '2.0', id, result: {} });
    await faulty.close();
    expect(heard).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }, 'closed']);
  });

  test('is what the SDK asks of a transport beside its messages', () => {
    const versions: string[] = [];
    const inner = Object.assign(new ScriptedTransport(), {
      sessionId: 'a session',
      hasPerRequestStream: true,
      setProtocolVersion: (version: string) => versions.push(version),
      setSupportedProtocolVersions: (all: string[]) => versions.push(...all),
    });
    const faulty = new FaultyTransport(inner);
    faulty.setProtocolVersion('1');
    faulty.setSupportedProtocolVersions(['2', '3']);
    expect(versions).toEqual(['1', '2', '3']);
    expect(faulty.sessionId).toBe('a session');
    expect(faulty.hasPerRequestStream).toBe(true);
    faulty.sessionId = 'another';
    expect(inner.sessionId).toBe('another');
    expect(faulty.inner).toBe(inner);
  });

  test('leaves no timer behind when the other end closes', async () => {
    const clock = new SteppingClock();
    const inner = new ScriptedTransport();
    const faulty = new FaultyTransport(inner, {
      clock,
      plan: [{ on: 'received', at: 1, do: 'delay', by: 10 }],
    });
    await faulty.start();
    inner.receive({ jsonrpc: '2.0', id: 1, result: {} });
    expect(clock.delays).toEqual([10]);
    inner.onclose?.();
    expect(clock.delays).toEqual([]);
  });

  test('tells what a delayed message met', async () => {
    const clock = new SteppingClock();
    const inner = new ScriptedTransport();
    inner.send = () => Promise.reject(new Error('the pipe is broken'));
    const errors: string[] = [];
    const faulty = new FaultyTransport(inner, { clock, plan: [{ on: 'sent', at: 1, do: 'delay', by: 10 }] });
    faulty.onerror = ({ message }) => errors.push(message);
    await faulty.send({ jsonrpc: '2.0', method: 'notifications/some' });
    expect(errors).toEqual([]);
    await clock.advance(10);
    expect(errors).toEqual(['the pipe is broken']);
  });
});
