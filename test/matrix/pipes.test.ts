import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { StdioTransport } from '../../src/transports/stdio/stdioTransport.js';
import { errorOf } from '../connection/support.js';
import { textOf } from '../transports/stdio/support.js';
import { lossOf } from './errors.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

const MEBIBYTE = 1024 * 1024;

/** Memory that buffers hold, and that something still refers to. It is given back a little after it was free. */
function bufferMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().arrayBuffers;
}

row(12, 'stdin is full, then the server dies', async (scene) => {
  // What settles on a clock that stands still was waiting for nothing.
  const clock = scene.clock();
  const sends: Promise<void>[] = [];
  const { manager } = scene.connection({
    server: () => {
      const transport = new StdioTransport({ ...scene.stdio(), clock });
      const send = transport.send.bind(transport);
      transport.send = (message) => {
        const sending = send(message);
        sends.push(sending);
        return sending;
      };
      return transport;
    },
    clock,
  });
  await manager.connect();
  sends.length = 0;
  const { leader } = scene.mark;
  process.kill(leader, 'SIGSTOP');
  const echo = (key: string) =>
    scene.call(manager.callTool({ name: 'echo', arguments: { key, text: 'x'.repeat(300_000) } }));
  const calls = ['first', 'second'].map((key) => errorOf(echo(key)));
  const read = scene.call(manager.listTools());
  const sent = Promise.allSettled(sends);
  process.kill(leader, 'SIGKILL');
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({
      name: 'ConnectionLostError',
      // Some of it was written: who can tell?
      mayHaveExecuted: true,
      cause: { code: 'PROCESS_EXITED', details: { signal: 'SIGKILL' } },
    });
  }
  expect((await sent).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(clock.now()).toBe(0);
  await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 1);
  clock.fire(1);
  expect((await read).tools).toContainEqual(expect.objectContaining({ name: 'echo' }));
  expect(scene.executions('echo', 'first') + scene.executions('echo', 'second')).toBe(0);
  expect(scene.sessionsOpened).toBe(2);
});

row(13, 'the server closes its stdin', async (scene) => {
  const clock = scene.clock();
  const { manager, statuses } = scene.connection({ server: scene.stdio(), clock });
  await manager.connect();
  const { leader } = scene.mark;
  expect(textOf(await scene.call(manager.callTool({ name: 'closeInput' })))).toBe('closed');
  const echo = (key: string) => scene.call(manager.callTool({ name: 'echo', arguments: { key, text: key } }));
  const lost = errorOf(echo('lost'));
  // An exit would explain it better, and gets a moment to come.
  await scene.until(() => clock.delays.includes(1_000));
  const unsent = echo('unsent');
  clock.fire(1_000);
  expect(await lost).toMatchObject({
    name: 'ConnectionLostError',
    mayHaveExecuted: true,
    cause: { code: 'PIPE_BROKEN', details: { pipe: 'stdin' } },
  });
  // The process is of no use any more: it is ended before another one starts.
  expect(scene.mark.pids).toEqual([leader]);
  expect(manager.state.status).toBe('reconnecting');
  clock.fire(2_000);
  await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 1);
  expect(scene.mark.pids).toEqual([]);
  clock.fire(1);
  expect(textOf(await unsent)).toBe('unsent');
  expect(scene.executions('echo', 'lost')).toBe(0);
  expect(scene.executions('echo', 'unsent')).toBe(1);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
});

row(14, 'a flood on stderr before the answer', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio('--stderr-flood', String(MEBIBYTE)) });
  // The first answer is the handshake's.
  await manager.connect();
  const before = bufferMemory();
  const flooded = scene.call(manager.callTool({ name: 'stderrFlood', arguments: { bytes: 16 * MEBIBYTE } }));
  expect(textOf(await flooded)).toBe('written');
  await scene.until(() => bufferMemory() < before + MEBIBYTE);
  expect(scene.executions('stderrFlood')).toBe(1);
  expect(scene.sessionsOpened).toBe(1);

  const { details } = await lossOf(
    scene.call(manager.callTool({ name: 'exit', arguments: { code: 1, stderr: 'the end\n' } })),
  );
  expect(details.stderr).toMatch(/^x{1023}\n.*\nthe end$/s);
  expect(Buffer.byteLength(String(details.stderr))).toBeLessThanOrEqual(8_192);
});

row(15, 'a line without end', async (scene) => {
  const { manager, statuses } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const { leader } = scene.mark;
  const before = bufferMemory();
  const endless = { name: 'endless', arguments: { bytes: 40 * MEBIBYTE } };
  const error = await errorOf(scene.call(manager.callTool(endless, { idempotent: true })));
  expect(error).toMatchObject({
    name: 'ConnectionLostError',
    mayHaveExecuted: true,
    cause: { code: 'FRAME_TOO_LARGE', details: { limit: 10_485_760 } },
  });
  await manager.waitFor('connected');
  await scene.until(() => bufferMemory() < before + MEBIBYTE);
  expect(textOf(await scene.call(manager.callTool({ name: 'pid' })))).not.toBe(String(leader));
  // Asked again, the answer would be as long again.
  expect(scene.executions('endless')).toBe(1);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
});

/** What a server says is cut after each byte: it writes one only when the last one was read. */
function byteByByte(scene: Scene): () => StdioTransport {
  let isOver = false;
  scene.onEnd(() => {
    isOver = true;
  });
  return () => {
    const transport = new StdioTransport(scene.stdio('--piece', '1', '--pull'));
    let read = 0;
    const pull = () => {
      if (transport.stats.bytesReceived > read) {
        read = transport.stats.bytesReceived;
        transport.send({ jsonrpc: '2.0', method: 'notifications/pull' }).catch(() => {});
      }
      if (!isOver) setImmediate(pull);
    };
    pull();
    return transport;
  };
}

row(16, 'frames cut after every byte', async (scene) => {
  const whole = scene.connection({ server: scene.stdio() });
  const pieces = scene.connection({ server: byteByByte(scene) });
  const text = 'späße 🎈 \u2028"\\';
  const [expected, found] = await Promise.all(
    [whole, pieces].map(async ({ manager }) => {
      const { connectedAt, ...info } = await manager.connect();
      expect(connectedAt).toBeGreaterThan(0);
      const echoed = await scene.call(manager.callTool({ name: 'echo', arguments: { text } }));
      return { info, echoed, listed: await scene.call(manager.listTools()) };
    }),
  );
  expect(found).toEqual(expected);
  expect(textOf(found?.echoed)).toBe(text);
  expect(scene.sessionsOpened).toBe(2);
});

row(16, 'a thousand answers in one write, and a thousand notifications', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const notified: unknown[] = [];
  manager.on('notification', ({ params }) => notified.push(params));
  const texts = Array.from({ length: 1_000 }, (_, index) => `text ${index}`);
  const answers = await Promise.all(
    texts.map((text) =>
      scene.call(manager.callTool({ name: 'together', arguments: { count: texts.length, text } })),
    ),
  );
  expect(answers.map(textOf)).toEqual(texts);
  expect(scene.executions('together')).toBe(1_000);

  const burst = await scene.call(manager.callTool({ name: 'burst', arguments: { count: 1_000 } }));
  expect(textOf(burst)).toBe('written');
  expect(notified).toEqual(texts.map((_, index) => ({ index })));
  expect(scene.sessionsOpened).toBe(1);
});

row(17, 'a banner, a byte order mark, CRLF and blank lines', async (scene) => {
  const prefix = '\ufeffListening on stdio\r\n\n\r\n\ufeff';
  const transports: StdioTransport[] = [];
  const said: string[] = [];
  const { manager, statuses } = scene.connection({
    server: () => {
      const transport = new StdioTransport(scene.stdio('--stdout', prefix, '--crlf'));
      transports.push(transport);
      return transport;
    },
    logger: { debug: (message) => said.push(message), warn: (message) => said.push(message) },
  });
  await manager.connect();
  const echoed = await scene.call(manager.callTool({ name: 'echo', arguments: { text: 'a\r\nb\n' } }));
  expect(textOf(echoed)).toBe('a\r\nb\n');
  expect(statuses()).toEqual(['connecting', 'connected']);
  expect(transports.map(({ stats }) => stats)).toEqual([
    expect.objectContaining({ garbageLines: 1, blankLines: 2 }),
  ]);
  expect(said.filter((message) => message.includes('is no message'))).toEqual([
    'peer: a line on stdout is no message (no JSON): "Listening on stdio\\r"',
  ]);
});
