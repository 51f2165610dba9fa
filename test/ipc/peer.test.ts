import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { RequestFailedError } from '../../src/ipc/errors.js';
import type { RequestContext, RequestHandler } from '../../src/ipc/incomingRequests.js';
import { Peer, type PeerOptions } from '../../src/ipc/peer.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { openPair, openPairs, RawPeer } from './socketPair.js';

/** A handler that waits until it is told what to answer. */
class Desk {
  readonly cases: {
    params: unknown;
    context: RequestContext;
    resolve(value: unknown): void;
    reject(reason: unknown): void;
  }[] = [];
  #oncase = () => {};

  readonly handle: RequestHandler = (_, params, context) =>
    new Promise((resolve, reject) => {
      this.cases.push({ params, context, resolve, reject });
      this.#oncase();
    });

  async case(index: number) {
    for (;;) {
      const found = this.cases[index];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#oncase = resolve;
      });
    }
  }
}

const echo: RequestHandler = (method, params) => ({ method, params });

async function openPeers(near: PeerOptions = {}, far: PeerOptions = { handle: echo }): Promise<[Peer, Peer]> {
  const [one, other] = await openPair();
  return [new Peer(one, near), new Peer(other, far)];
}

async function openRaw(options: PeerOptions = { handle: echo }) {
  const [one, other] = await openPair();
  return { raw: new RawPeer(one), peer: new Peer(other, options), socket: other };
}

const request = (id: unknown, method = 'm', params: unknown = null) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const cancel = (id: unknown) => ({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id } });

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

describe('requests', () => {
  test('are answered, both ways', async () => {
    const [near, far] = await openPeers({ handle: echo });
    expect(await near.request('tools', { a: ['\u2028'] })).toEqual({
      method: 'tools',
      params: { a: ['\u2028'] },
    });
    expect(await far.request('back')).toEqual({ method: 'back' });
    expect([near.counts, far.counts]).toEqual(
      [near, far].map(() => ({ incoming: 0, outgoing: 0, queuedBytes: 0 })),
    );
  });

  test('are answered with null by a handler that has nothing to say', async () => {
    const [near] = await openPeers({}, { handle: () => undefined });
    expect(await near.request('m')).toBeNull();
  });

  test('are answered in any order', async () => {
    const desk = new Desk();
    const [near] = await openPeers({}, desk);
    const answers = [near.request('a'), near.request('b')];
    (await desk.case(1)).resolve('second');
    expect(await answers[1]).toBe('second');
    (await desk.case(0)).resolve('first');
    expect(await answers[0]).toBe('first');
  });

  test('fail as the other half says', async () => {
    const faults: unknown[] = [];
    const errors = [
      new RequestFailedError(7, 'seven\n', { why: 'seven' }),
      new ConnectionError('TRANSPORT_FAILED', 'files: no'),
      new Error('the password is swordfish'),
    ];
    const [near] = await openPeers(
      {},
      {
        handle: (_, index) => {
          throw errors[Number(index)];
        },
        onfault: (error) => faults.push(error),
      },
    );
    await expect(near.request('m', 0)).rejects.toMatchObject({
      rpcCode: 7,
      message: 'seven\\n',
      data: { why: 'seven' },
    });
    await expect(near.request('m', 1)).rejects.toMatchObject({
      code: 'REQUEST_FAILED',
      message: 'files: no',
      data: { code: 'TRANSPORT_FAILED' },
    });
    await expect(near.request('m', 2)).rejects.toMatchObject({ rpcCode: -32603, message: 'internal error' });
    expect(faults).toEqual([errors[2]]);
  });

  test('fail if nobody knows the method, the reserved ones included', async () => {
    const [near] = await openPeers({}, {});
    const [other] = await openPeers();
    for (const answer of [near.request('m'), other.request('rpc.hello')]) {
      await expect(answer).rejects.toMatchObject({ rpcCode: -32601 });
    }
  });

  test('that are no JSON, or too large, are not sent, and harm no other', async () => {
    const [near] = await openPeers({ limits: { frame: 1000 } });
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    for (const params of [circle, 1n, 'x'.repeat(1000)]) {
      await expect(near.request('m', params)).rejects.toMatchObject({ code: 'IPC_PROTOCOL' });
    }
    expect(await near.request('m', 1)).toEqual({ method: 'm', params: 1 });
  });

  test('whose answer is no JSON, or too large, fail alone', async () => {
    const answers = [1n, 'x'.repeat(1000), 'good'];
    const [near] = await openPeers(
      {},
      { handle: (_, index) => answers[Number(index)], limits: { frame: 1000 } },
    );
    await expect(near.request('m', 0)).rejects.toMatchObject({ rpcCode: -32002 });
    await expect(near.request('m', 1)).rejects.toMatchObject({
      rpcCode: -32002,
      message: expect.stringContaining('at most 1000'),
    });
    expect(await near.request('m', 2)).toBe('good');
  });

  test('beyond the limit in flight are refused one by one, on either half', async () => {
    const desk = new Desk();
    const [near] = await openPeers({}, { ...desk, limits: { inFlight: 2 } });
    const first = [near.request('a'), near.request('b')];
    await expect(near.request('c')).rejects.toMatchObject({
      rpcCode: -32001,
      data: { code: 'TOO_MANY_IN_FLIGHT', limit: 2 },
    });
    for (const one of desk.cases) one.resolve('done');
    expect(await Promise.all(first)).toEqual(['done', 'done']);

    const [strict, slow] = await openPeers({ limits: { inFlight: 1 } }, new Desk());
    const only = strict.request('a');
    await expect(strict.request('b')).rejects.toMatchObject({ code: 'TOO_MANY_IN_FLIGHT' });
    slow.close();
    await expect(only).rejects.toMatchObject({ code: 'PEER_GONE' });
  });
});

describe('a request that is not wanted any more', () => {
  test('rejects with the reason of its signal, and is withdrawn on the other half', async () => {
    const desk = new Desk();
    const [near, far] = await openPeers({ handle: echo }, desk);
    const controller = new AbortController();
    const answer = near.request('m', null, { signal: controller.signal });
    const other = near.request('other');
    const { context, reject } = await desk.case(0);
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await aborted(context.signal);
    reject(new Error('stopped'));
    (await desk.case(1)).resolve('lives');
    expect(await other).toBe('lives');
    expect(far.counts.incoming).toBe(0);
    // What it is answered all the same is nobody's.
    expect(await far.request('m')).toEqual({ method: 'm' });
  });

  test('is not sent when its signal had aborted before', async () => {
    const desk = new Desk();
    const [near] = await openPeers({}, desk);
    const signal = AbortSignal.abort(new Error('early'));
    await expect(near.request('early', null, { signal })).rejects.toThrow('early');
    void near.request('late').catch(() => {});
    expect((await desk.case(0)).params).toBeUndefined();
    expect(desk.cases).toHaveLength(1);
  });

  test('is withdrawn when its time is over', async () => {
    const clock = new SteppingClock();
    const desk = new Desk();
    const [near] = await openPeers({ clock }, desk);
    const answer = near.request('slow', null, { timeout: 700 });
    const { context } = await desk.case(0);
    clock.fire(700);
    await expect(answer).rejects.toMatchObject({
      code: 'REQUEST_TIMEOUT',
      message: 'slow: not answered within 700 ms',
    });
    await aborted(context.signal);
    const quick = near.request('quick', null, { timeout: 700 });
    (await desk.case(1)).resolve(1);
    await quick;
    expect(clock.delays).toEqual([]);
  });

  test('is answered on the wire once, and says that it was cancelled', async () => {
    const { raw } = await openRaw({
      handle: async (_, __, { signal }) => {
        await aborted(signal);
        throw new Error('stopped');
      },
    });
    raw.write(request(1), cancel(1), cancel(1), cancel(99), cancel({}), {
      jsonrpc: '2.0',
      method: 'rpc.cancel',
    });
    expect(await raw.answerTo(1)).toMatchObject({ error: { code: -32800 } });
    raw.write(request('last'), cancel('last'));
    await raw.answerTo('last');
    expect(raw.messages).toHaveLength(2);
  });

  test('never leaves when it was still waiting for the other half to read', async () => {
    const [one, other] = await openPair();
    const near = new Peer(one);
    const big = 'x'.repeat(1024 * 1024);
    const controller = new AbortController();
    const first = near.request('first', big);
    const second = near.request('second', big, { signal: controller.signal });
    controller.abort(new Error('withdrawn'));
    await expect(second).rejects.toThrow('withdrawn');
    const raw = new RawPeer(other);
    const third = near.request('third');
    await raw.received((message) => 'method' in message && message.method === 'third');
    expect(raw.messages.map((message) => 'method' in message && message.method)).toEqual(['first', 'third']);
    near.close();
    await Promise.allSettled([first, third]);
  });
});

describe('progress', () => {
  test('goes to its request, until that is answered', async () => {
    const desk = new Desk();
    const [near] = await openPeers({}, desk);
    const seen: unknown[] = [];
    const answers = ['a', 'b'].map((name) =>
      near.request(name, null, { onprogress: (value) => seen.push([name, value]) }),
    );
    const [first, second] = [await desk.case(0), await desk.case(1)];
    second.context.progress(1);
    first.context.progress({ done: 2 });
    first.resolve('done');
    await answers[0];
    first.context.progress('late');
    second.resolve('done');
    await answers[1];
    expect(seen).toEqual([
      ['b', 1],
      ['a', { done: 2 }],
    ]);
  });

  test('that comes after the answer does not go out', async () => {
    const desk = new Desk();
    const { raw } = await openRaw(desk);
    raw.write(request(1), request(2));
    const [first, second] = [await desk.case(0), await desk.case(1)];
    first.resolve('done');
    await raw.answerTo(1);
    first.context.progress('late');
    second.resolve('done');
    await raw.answerTo(2);
    expect(raw.messages).toHaveLength(2);
  });

  test('that nobody can take harms nobody', async () => {
    const faults: unknown[] = [];
    const desk = new Desk();
    const [near] = await openPeers({ onfault: (error) => faults.push(error) }, desk);
    const answer = near.request('m', null, {
      onprogress: () => {
        throw new Error('mine');
      },
    });
    const { context, resolve } = await desk.case(0);
    context.progress(1);
    resolve('done');
    expect(await answer).toBe('done');
    expect(faults).toEqual([new Error('mine')]);
  });
});

describe('notifications', () => {
  test('come in order, and the reserved ones do not', async () => {
    const seen: unknown[] = [];
    const [near] = await openPeers(
      {},
      { handle: echo, onnotification: (method, params) => seen.push([method, params]) },
    );
    near.notify('a', 1);
    near.notify('rpc.unknown');
    near.notify('b');
    await near.request('m');
    expect(seen).toEqual([
      ['a', 1],
      ['b', undefined],
    ]);
  });
});

describe('when the connection ends', () => {
  test('row 50: by the death of who asked, the work for it is withdrawn', async () => {
    const desk = new Desk();
    const { raw, peer } = await openRaw(desk);
    raw.write(request(1), request(2));
    const { context } = await desk.case(1);
    raw.socket.destroy();
    expect(await aborted(context.signal)).toMatchObject({ code: 'PEER_GONE' });
    expect((await desk.case(0)).context.signal.aborted).toBe(true);
    expect(await peer.closed).toMatchObject({ code: 'PEER_GONE' });
    desk.cases[0]?.context.progress(1);
    desk.cases[0]?.resolve('late');
    expect(peer.counts).toEqual({ incoming: 0, outgoing: 0, queuedBytes: 0 });
  });

  test('row 49: all own requests reject, and say whether they may have arrived', async () => {
    const [one, other] = await openPair();
    const near = new Peer(one);
    const big = 'x'.repeat(1024 * 1024);
    const answers = [near.request('first', big), near.request('second')];
    other.destroy();
    const [first, second] = await Promise.allSettled(answers);
    expect(first).toMatchObject({ reason: { code: 'PEER_GONE', wasSent: true } });
    expect(second).toMatchObject({ reason: { code: 'PEER_GONE', wasSent: false } });
    await expect(near.request('third')).rejects.toMatchObject({ code: 'PEER_GONE', wasSent: false });
    near.notify('nobody');
  });

  test('by close, what was said before still arrives, and what was never sent does not', async () => {
    const [one, other] = await openPair();
    const near = new Peer(one);
    near.notify('first', 'x'.repeat(1024 * 1024));
    near.notify('second');
    const third = near.request('third');
    near.close('over');
    near.close('again');
    await expect(third).rejects.toMatchObject({ wasSent: false, message: expect.stringContaining('over') });
    const raw = new RawPeer(other);
    await raw.closed;
    expect(raw.messages.map((message) => 'method' in message && message.method)).toEqual(['first', 'second']);
    expect(await near.closed).toMatchObject({ message: 'over' });
  });

  test('by close, a late answer does not cut off what was said before', async () => {
    const [one, other] = await openPair();
    const desk = new Desk();
    const far = new Peer(other, desk);
    one.write(`${JSON.stringify(request(1))}\n`);
    const { resolve, context } = await desk.case(0);
    one.pause();
    far.notify('big', 'x'.repeat(4 * 1024 * 1024));
    far.close();
    resolve('late');
    context.progress('late');
    await Promise.resolve();
    const raw = new RawPeer(one);
    one.resume();
    await raw.closed;
    expect(raw.messages).toMatchObject([{ method: 'big' }]);
  });

  test('by close, somebody who never reads is not waited for longer than a second', async () => {
    const clock = new SteppingClock();
    const [one, other] = await openPair();
    const near = new Peer(one, { clock });
    other.pause();
    near.notify('big', 'x'.repeat(4 * 1024 * 1024));
    expect(near.counts.queuedBytes).toBeGreaterThan(2 * 1024 * 1024);
    near.close();
    expect(one.destroyed).toBe(false);
    clock.fire(1000);
    expect(one.destroyed).toBe(true);
  });

  test('by a request, what came together with it is not carried out', async () => {
    const dispatched: unknown[] = [];
    const { raw, peer } = await openRaw({
      handle: (method) => {
        dispatched.push(method);
        peer.close();
      },
    });
    raw.write(request(1, 'end'), request(2, 'more'));
    await raw.closed;
    expect(dispatched).toEqual(['end']);
    expect(raw.messages).toEqual([]);
  });

  test('before anybody listened, that is noticed, too', async () => {
    const [one, other] = await openPair();
    one.destroy();
    await once(one, 'close');
    expect(await new Peer(one).closed).toMatchObject({ code: 'PEER_GONE' });
    other.destroy();
  });
});

describe('row 51: somebody who never reads', () => {
  test('is dropped when too much waits for it, and others live', async () => {
    const limit = 256 * 1024;
    const options = { handle: echo, limits: { queue: limit, frame: 2 * limit } };
    const open = await openPairs();
    const [[lazy, served], [good, other]] = [await open(), await open()];
    const peers = [new Peer(served, options), new Peer(other, options)];
    const near = new Peer(good);
    lazy.pause();
    const peer = peers[0];
    let most = 0;
    for (let count = 0; count < 1000 && peer?.isOpen; count += 1) {
      peer.notify('event', 'x'.repeat(10_000));
      most = Math.max(most, peer.counts.queuedBytes);
    }
    expect(most).toBeLessThan(limit + 11_000);
    expect(most).toBeGreaterThan(limit);
    expect(await peer?.closed).toMatchObject({
      code: 'PEER_GONE',
      message: `the other side does not read: more than ${limit} bytes wait for it`,
    });
    expect(served.destroyed).toBe(true);
    expect(await near.request('m')).toEqual({ method: 'm' });
  });

  test('loses its work with it', async () => {
    const desk = new Desk();
    const { raw } = await openRaw({ ...desk, limits: { queue: 1000 } });
    raw.write(request(1));
    const { context } = await desk.case(0);
    raw.socket.pause();
    for (let count = 0; count < 1000; count += 1) context.progress('x'.repeat(10_000));
    expect(context.signal.aborted).toBe(true);
  });

  test('may be slow: one that reads in the end gets all, in order', async () => {
    const [one, other] = await openPair();
    const near = new Peer(one);
    other.pause();
    for (let index = 0; index < 500; index += 1) near.notify('event', { index, text: 'x'.repeat(5000) });
    const raw = new RawPeer(other);
    other.resume();
    await raw.received((message) => 'params' in message && indexIn(message.params) === 499);
    expect(raw.messages.map((message) => 'params' in message && indexIn(message.params))).toEqual(
      Array.from({ length: 500 }, (_, index) => index),
    );
    near.close();
  });
});

describe('row 60: who sends', () => {
  test('half a frame is sent away when the rest does not come in time', async () => {
    const clock = new SteppingClock();
    const { raw, peer, socket } = await openRaw({ handle: echo, clock, limits: { frameTime: 777 } });
    const whole = JSON.stringify(request(1));
    raw.socket.write(whole.slice(0, 10));
    await once(socket, 'data');
    expect(clock.delays).toEqual([777]);
    await clock.advance(700);
    // The next one has its own time.
    raw.socket.write(`${whole.slice(10)}\n${whole.slice(0, 20)}`);
    await raw.answerTo(1);
    await clock.advance(700);
    expect(peer.isOpen).toBe(true);
    // That something comes is no excuse.
    raw.socket.write(whole.slice(20, 30));
    await once(socket, 'data');
    await clock.advance(77);
    expect(await peer.closed).toMatchObject({
      code: 'IPC_PROTOCOL',
      message: 'a frame that did not end within 777 ms',
    });
    await raw.closed;
    expect(clock.delays).not.toContain(777);
  });

  test('whole frames has all the time between them', async () => {
    const clock = new SteppingClock();
    const { raw, peer } = await openRaw({ handle: echo, clock });
    raw.write(request(1));
    await raw.answerTo(1);
    expect(clock.delays).toEqual([]);
    expect(peer.isOpen).toBe(true);
  });

  test.each([
    ['no JSON', 'hello', -32700],
    ['an empty batch', '[]', -32600],
    ['null', 'null', -32600],
    ['an endless line', 'x'.repeat(2000), -32600],
    ['an id twice at once', `${JSON.stringify(request(1))}\n${JSON.stringify(request(1))}`, -32600],
  ])('%s is told so and sent away, and its work is withdrawn', async (_, line, code) => {
    const desk = new Desk();
    const { raw, peer } = await openRaw({ ...desk, limits: { frame: 1000 } });
    raw.write(request(0));
    const { context } = await desk.case(0);
    raw.write(line, request(99));
    expect(await raw.answerTo(null)).toMatchObject({ error: { code } });
    await raw.closed;
    expect(await peer.closed).toMatchObject({ code: 'IPC_PROTOCOL' });
    expect(context.signal.aborted).toBe(true);
    expect(desk.cases.map(({ params }) => params)).not.toContain(99);
  });

  test('half a frame keeps no more than the limit', async () => {
    const { raw, peer } = await openRaw({ limits: { frame: 1000 } });
    for (let count = 0; count < 100 && peer.isOpen; count += 1) raw.socket.write('x'.repeat(11));
    expect(await peer.closed).toMatchObject({ message: 'a frame longer than 1000 bytes' });
    await raw.closed;
  });

  test('answers that nobody waits for is not heard', async () => {
    const { raw, peer } = await openRaw();
    const answer = peer.request('m');
    await raw.received((message) => 'method' in message);
    for (const id of ['1', 2, -1]) raw.write({ jsonrpc: '2.0', id, result: 'wrong' });
    raw.write({ jsonrpc: '2.0', id: 1, result: 'right' }, { jsonrpc: '2.0', id: 1, result: 'twice' });
    expect(await answer).toBe('right');
    raw.write(request(5, 'still there'));
    expect(await raw.answerTo(5)).toMatchObject({ result: { method: 'still there' } });
  });
});

test('a peer that was refused for what it sent learns why', async () => {
  const { raw, peer } = await openRaw();
  const answer = peer.request('m');
  raw.write({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'found a batch' } });
  await expect(answer).rejects.toMatchObject({ code: 'PEER_GONE', wasSent: true });
  expect(await peer.closed).toMatchObject({ code: 'IPC_PROTOCOL', message: 'found a batch' });
});

function indexIn(params: unknown): unknown {
  return typeof params === 'object' && params !== null && 'index' in params ? params.index : undefined;
}
