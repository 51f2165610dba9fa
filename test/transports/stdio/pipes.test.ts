import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { exists, faulty, PatientClock, Peer } from './support.js';

const peers: Peer[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.end()));
});

async function open(options: ConstructorParameters<typeof Peer>[0]): Promise<Peer> {
  const peer = new Peer(options);
  peers.push(peer);
  await peer.transport.start();
  return peer;
}

const ping = (id: number) => ({ jsonrpc: '2.0' as const, id, method: 'ping' });
const large = { jsonrpc: '2.0' as const, id: 99, method: 'ping', params: { padding: 'x'.repeat(2_000_000) } };

describe('sending', () => {
  test('before start and after the end is refused at once, and nothing was sent', async () => {
    const peer = new Peer(faulty());
    await expect(peer.transport.send(ping(1))).rejects.toMatchObject({ details: { unsent: true } });
    peers.push(peer);
    await peer.transport.start();
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    await expect(peer.transport.send(ping(1))).rejects.toMatchObject({
      code: 'PROCESS_EXITED',
      details: { signal: 'SIGKILL', unsent: true },
    });
    expect(peer.transport.stats.framesSent).toBe(0);
  });

  test('after close began is refused', async () => {
    const peer = await open(faulty());
    const closing = peer.transport.close();
    await expect(peer.transport.send(ping(1))).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      details: { unsent: true },
    });
    await closing;
  });

  test('more than the pipe holds waits, and goes on when the server reads', async () => {
    const peer = await open(faulty());
    process.kill(peer.pid, 'SIGSTOP');
    const sending = peer.transport.send(large);
    const settled = vi.fn();
    void sending.then(settled);
    await expectUnsettled(settled);
    process.kill(peer.pid, 'SIGCONT');
    await sending;
    expect(peer.transport.stats.framesSent).toBe(1);
  });

  test('row 12: stdin full, then death', async () => {
    const peer = await open(faulty());
    process.kill(peer.pid, 'SIGSTOP');
    const sends = [peer.transport.send(large), peer.transport.send(ping(2))];
    process.kill(peer.pid, 'SIGKILL');
    const results = await Promise.allSettled(sends);
    for (const result of results) {
      // Some of it may have been read: it is not marked as unsent.
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PROCESS_EXITED' } });
      expect(result).not.toHaveProperty('reason.details.unsent');
    }
  });

  test('stdin full, then close: the send settles', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...faulty(), clock });
    process.kill(peer.pid, 'SIGSTOP');
    const sending = peer.transport.send(large);
    const closing = peer.transport.close();
    await expect(sending).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await clock.next();
    await closing;
  });

  test('row 13: to a server that closed its stdin loses the session', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...faulty(), clock });
    expect(await peer.call('closeInput')).toBe('closed');
    const sending = peer.transport.send(ping(2));
    // Unless an exit explains it.
    await clock.next();
    expect(clock.now()).toBe(1000);
    const reason = {
      code: 'PIPE_BROKEN',
      message: 'the server closed its stdin',
      details: { pipe: 'stdin' },
    };
    await expect(sending).rejects.toMatchObject(reason);
    expect(await peer.lost).toMatchObject(reason);
    await expect(peer.transport.send(ping(3))).rejects.toMatchObject({ details: { unsent: true } });
    expect(peer.order).toEqual(['message', 'lost', 'close']);
    // The process is of no use any more, and is ended without being asked for.
    await clock.next();
    await peer.transport.close();
    expect(exists(peer.pid)).toBe(false);
    expect(clock.delays).toEqual([]);
  });

  test('a broken pipe is explained by the exit that follows', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...faulty(), clock });
    expect(await peer.call('closeInput')).toBe('closed');
    const sending = peer.transport.send(ping(2));
    await clock.pending();
    expect(clock.delays).toEqual([1000]);
    await expect(peer.transport.send(ping(3))).rejects.toMatchObject({
      code: 'PIPE_BROKEN',
      details: { unsent: true },
    });
    process.kill(peer.pid, 'SIGKILL');
    await expect(sending).rejects.toMatchObject({ code: 'PROCESS_EXITED' });
    expect((await peer.lost).code).toBe('PROCESS_EXITED');
    await peer.transport.close();
    expect(clock.delays).toEqual([]);
  });

  test('what cannot be written as JSON rejects, and harms nobody', async () => {
    const peer = await open(faulty());
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const send = peer.transport.send({ jsonrpc: '2.0', method: 'm', params: circular });
    await expect(send).rejects.toBeInstanceOf(TypeError);
    expect(await peer.call('echo', { text: 'fine' })).toBe('fine');
  });
});

describe('receiving', () => {
  test('a server that closed its stdout loses the session', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...faulty(), clock });
    await peer.tell('closeOutput');
    await clock.next();
    expect(await peer.lost).toMatchObject({ code: 'PIPE_BROKEN', details: { pipe: 'stdout' } });
  });

  test('row 14: a flood on stderr before the answer', async () => {
    const peer = await open(faulty('--stderr-flood', String(1024 * 1024)));
    expect(await peer.call('echo', { text: 'through' })).toBe('through');
    await peer.tell('exit', { code: 1, stderr: 'the end\n' });
    const { details } = await peer.lost;
    expect(details.stderr).toMatch(/the end$/);
    expect(Buffer.byteLength(String(details.stderr))).toBeLessThanOrEqual(8 * 1024);
    expect(peer.transport.stats.stderrBytes).toBe(1024 * 1024 + 8);
    expect(peer.errors).toEqual([]);
  });

  test('stderrLimit says how much of stderr is shown', async () => {
    const peer = await open({ ...faulty(), stderrLimit: 8 });
    await peer.tell('exit', { code: 1, stderr: 'one\ntwo\nthree\n' });
    expect((await peer.lost).details.stderr).toBe('three');
  });

  test('row 15: an endless line', async () => {
    const peer = await open(faulty('--ignore-end'));
    await peer.tell('endless');
    expect(await peer.lost).toMatchObject({ code: 'FRAME_TOO_LARGE', details: { limit: 10_485_760 } });
    await peer.transport.close();
    expect(peer.transport.stats.bytesReceived).toBeLessThan(2 * 10_485_760);
    expect(exists(peer.pid)).toBe(false);
    expect(peer.order).toEqual(['lost', 'close']);
  });

  test('frameLimit says how long a line may be', async () => {
    const peer = await open({ ...faulty(), frameLimit: 1000 });
    expect(await peer.call('echo', { text: 'x'.repeat(800) })).toHaveLength(800);
    await peer.tell('echo', { text: 'x'.repeat(1000) });
    expect(await peer.lost).toMatchObject({ code: 'FRAME_TOO_LARGE', details: { limit: 1000 } });
  });

  test('a frame of almost 10 MiB arrives', async () => {
    const peer = await open(faulty());
    const text = 'x'.repeat(10_000_000);
    expect((await peer.call('echo', { text })) === text).toBe(true);
  });

  test('row 16: answers in pieces', async () => {
    const peer = await open(faulty('--piece', '1'));
    expect(await peer.call('echo', { text: 'späße 🎈' })).toBe('späße 🎈');
    expect(peer.errors).toEqual([]);
  });

  test('row 16: a thousand frames in one write, in order', async () => {
    const peer = await open(faulty());
    await peer.call('burst', { count: 1000 });
    const indexes = peer.messages.flatMap((message) => ('method' in message ? [message.params?.index] : []));
    expect(indexes).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(peer.transport.stats.framesReceived).toBe(1001);
  });

  test('row 17: a banner, a byte order mark, CRLF and blank lines', async () => {
    const peer = await open(faulty('--stdout', '\ufeff Listening on stdio\r\n\n\r\n\ufeff', '--crlf'));
    expect(await peer.call('echo', { text: 'fine' })).toBe('fine');
    expect(peer.errors.map((error) => error.message)).toEqual([
      'a line on stdout is no message (no JSON): " Listening on stdio\\r"',
    ]);
    expect(peer.transport.stats).toMatchObject({ garbageLines: 1, blankLines: 2, framesReceived: 1 });
  });

  test('row 22: an answer that is nested too deeply fails its call alone', async () => {
    const peer = new Peer(faulty());
    peers.push(peer);
    const client = new Client({ name: 'test', version: '0' });
    await client.connect(peer.transport);
    const deep = client.request(
      { method: 'tools/call', params: { name: 'nested', arguments: { depth: 100_000 } } },
      CallToolResultSchema,
    );
    const other = client.callTool({ name: 'echo', arguments: { text: 'fine' } });
    await expect(deep).rejects.toMatchObject({ code: -32700 });
    expect(await other).toMatchObject({ content: [{ text: 'fine' }] });
    expect(peer.transport.stats.garbageLines).toBe(1);
    await client.close();
  });

  test('listeners that throw disturb nobody', async () => {
    const peer = await open(faulty());
    const { onmessage, onerror, onlost, onclose } = peer.transport;
    const fail = () => {
      throw new Error('listener');
    };
    peer.transport.onmessage = (message) => {
      onmessage?.(message);
      fail();
    };
    expect(await peer.call('echo', { text: 'one' })).toBe('one');
    expect(peer.errors.map((error) => error.message)).toEqual(['listener']);
    peer.transport.onerror = (error) => {
      onerror?.(error);
      fail();
    };
    peer.transport.onlost = (error) => {
      onlost?.(error);
      fail();
    };
    peer.transport.onclose = () => {
      onclose?.();
      fail();
    };
    expect(await peer.call('echo', { text: 'two' })).toBe('two');
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    await peer.transport.close();
    expect(peer.order).toContain('close');
    expect(peer.losses).toHaveLength(1);
  });
});

describe('secrets', () => {
  test('row 63: are in no error, wherever the server puts them', async () => {
    const env = { API_KEY: 'sentinel-1', SHORT: 'abc' };
    const peer = await open({
      ...faulty('--stdout', 'key sentinel-1 of abc\n'),
      env,
      secrets: ['sentinel-2'],
    });
    await peer.call('stderr', { text: 'Error: sentinel-' });
    await peer.call('stderr', { text: '1 and sentinel-2 refused by abc\n' });
    await peer.tell('exit', { code: 1 });
    const error = await peer.lost;
    expect(error.details.stderr).toBe('Error: [secret] and [secret] refused by abc');
    expect(error.message).toBe(
      'the server process exited with code 1; it said "Error: [secret] and [secret] refused by abc"',
    );
    expect(peer.errors.map(({ message }) => message)).toEqual([
      'a line on stdout is no message (no JSON): "key [secret] of abc"',
    ]);
  });

  test('of another server are not looked for', async () => {
    const peer = await open(faulty('--stderr', 'sentinel-1', '--exit', '1'));
    expect((await peer.lost).details.stderr).toBe('sentinel-1');
  });
});

/** Lets the event loop turn a good many times. */
async function expectUnsettled(settled: ReturnType<typeof vi.fn>): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  expect(settled).not.toHaveBeenCalled();
}
