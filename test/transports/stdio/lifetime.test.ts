import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DeathWatch, exists, faulty, PatientClock, Peer } from './support.js';

let watch: DeathWatch;
const peers: Peer[] = [];

beforeEach(async () => {
  watch = await DeathWatch.start();
});

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.end()));
  await watch.stop();
});

function prepare(options: ConstructorParameters<typeof Peer>[0]): Peer {
  const peer = new Peer(options);
  peers.push(peer);
  return peer;
}

async function open(options: ConstructorParameters<typeof Peer>[0]): Promise<Peer> {
  const peer = prepare(options);
  await peer.transport.start();
  return peer;
}

/** A server whose life is watched. */
const watched = (...faults: string[]) => faulty('--watch', watch.port, ...faults);

/** The group looks as if members were left, as it does while they are dead and nobody waits for them. */
function pretendAlive(group: number): void {
  const kill = process.kill.bind(process);
  const spy = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    return pid === -group || kill(pid, signal);
  });
  onTestFinished(() => spy.mockRestore());
}

describe('the death of the process', () => {
  test('row 4: is reported with exit code and the end of stderr', async () => {
    const peer = await open(faulty('--stderr', 'Error: no API key', '--exit', '3'));
    const error = await peer.lost;
    expect(error).toMatchObject({
      code: 'PROCESS_EXITED',
      message: 'the server process exited with code 3; it said "Error: no API key"',
      details: { exitCode: 3, signal: null, stderr: 'Error: no API key' },
    });
    await peer.transport.close();
    expect(peer.order).toEqual(['lost', 'close']);
  });

  test('by a signal is reported with the signal', async () => {
    const peer = await open(faulty());
    process.kill(peer.pid, 'SIGKILL');
    expect(await peer.lost).toMatchObject({
      code: 'PROCESS_EXITED',
      message: 'the server process was ended by SIGKILL',
      details: { exitCode: null, signal: 'SIGKILL' },
    });
  });

  test('row 5: an answer written just before it is delivered first, however long', async () => {
    const peer = await open(faulty());
    const text = 'x'.repeat(150_000);
    expect(await peer.call('exit', { code: 0, text, stderr: 'bye' })).toBe(text);
    expect((await peer.lost).details).toEqual({ exitCode: 0, signal: null, stderr: 'bye' });
    expect(peer.order).toEqual(['message', 'lost', 'close']);
  });

  test('a last answer without its newline is delivered', async () => {
    const line = '{"jsonrpc":"2.0","method":"last"}';
    const peer = await open(faulty('--stdout', line, '--exit', '0'));
    await peer.lost;
    expect(peer.messages).toEqual([{ jsonrpc: '2.0', method: 'last' }]);
  });

  test('row 6: is seen while a process outside of the group holds stdout', async () => {
    const peer = await open(watched());
    const holder = Number(await peer.call('child', { stray: true }));
    await watch.birth(holder);
    await peer.tell('kill', { signal: 'SIGKILL' });
    const error = await peer.lost;
    expect(error.details.signal).toBe('SIGKILL');
    await peer.transport.close();
    // The holder sleeps on: nobody waited for it.
    expect(watch.alive).toEqual([holder]);
  });

  test('row 6: ends what is left of its group', async () => {
    const peer = await open(watched());
    const child = Number(await peer.call('child', { flags: ['--ignore-term'] }));
    await watch.birth(child);
    await peer.tell('kill', { signal: 'SIGKILL' });
    await peer.lost;
    await watch.death(child);
    expect(peer.losses).toHaveLength(1);
  });

  test('words on stdout explain a server that never spoke MCP', async () => {
    const peer = await open(faulty('--stdout', 'Usage: serve <file>\n', '--exit', '2'));
    expect(await peer.lost).toMatchObject({
      message: 'the server process exited with code 2; it said "Usage: serve <file>"',
      details: { exitCode: 2, stdout: 'Usage: serve <file>' },
    });
  });

  test('no words of a server reach a terminal as commands', async () => {
    const peer = await open(faulty('--stderr', 'no \u001b[31m\u009b31m\u202eway', '--exit', '2'));
    expect((await peer.lost).message).toBe(
      'the server process exited with code 2; it said "no \\u001b[31m\\u009b31m\\u202eway"',
    );
  });

  test('settles the calls in flight of an SDK client', async () => {
    const { transport } = prepare(faulty());
    const client = new Client({ name: 'test', version: '0' });
    await client.connect(transport);
    const call = client.callTool({ name: 'kill', arguments: { signal: 'SIGKILL' } });
    await expect(call).rejects.toMatchObject({ code: -32000 });
  });
});

describe('close', () => {
  test('ends the input and waits for the exit', async () => {
    const peer = await open(watched());
    await watch.birth(peer.pid);
    const closing = peer.transport.close();
    expect(peer.order).toEqual([]);
    await closing;
    expect(exists(peer.pid)).toBe(false);
    expect(peer.order).toEqual(['close']);
    expect(peer.losses).toEqual([]);
  });

  test('row 8: goes down the ladder, and waits for each step', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...watched('--ignore-end', '--ignore-term'), clock });
    await peer.request('ping');
    const ended = peer.notified('notifications/ended');
    const closing = peer.transport.close();
    await ended;
    const terminated = peer.notified('notifications/signal');
    await clock.next();
    expect(clock.now()).toBe(2000);
    await terminated;
    expect(exists(peer.pid)).toBe(true);
    expect(peer.order).not.toContain('close');
    await clock.next();
    expect(clock.now()).toBe(4000);
    await closing;
    expect(exists(peer.pid)).toBe(false);
    expect(clock.delays).toEqual([]);
    expect(peer.order.at(-1)).toBe('close');
  });

  test('the steps of the ladder take as long as they are told to', async () => {
    const clock = new PatientClock();
    const options = watched('--ignore-end', '--ignore-term');
    const peer = await open({ ...options, clock, ladder: { endInput: 70, terminate: 500 } });
    await peer.request('ping');
    const terminated = peer.notified('notifications/signal');
    const closing = peer.transport.close();
    await clock.next();
    expect(clock.now()).toBe(70);
    await terminated;
    await clock.next();
    expect(clock.now()).toBe(570);
    await closing;
  });

  test('row 9: a stopped server is woken to hear SIGTERM', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...watched('--ignore-end', '--ignore-term'), clock });
    await peer.request('ping');
    const heard = peer.notified('notifications/signal');
    process.kill(peer.pid, 'SIGSTOP');
    const closing = peer.transport.close();
    await clock.next();
    await heard;
    await clock.next();
    await closing;
    expect(exists(peer.pid)).toBe(false);
  });

  test('is one promise for every caller', async () => {
    const peer = await open(faulty());
    const closing = peer.transport.close();
    expect(peer.transport.close()).toBe(closing);
    await closing;
    expect(peer.transport.close()).toBe(closing);
    expect(peer.order).toEqual(['close']);
  });

  test('from inside onlost ends once', async () => {
    const peer = await open(faulty());
    const { onlost } = peer.transport;
    let closing: Promise<void> | undefined;
    peer.transport.onlost = (error) => {
      closing = peer.transport.close();
      onlost?.(error);
    };
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    await closing;
    expect(peer.order).toEqual(['lost', 'close']);
  });

  test('row 7: the group of a wrapper goes with it', async () => {
    const [node, ...args] = [process.execPath, ...(watched().args ?? [])];
    const script = `exec 3<&0; "${node}" ${args.map((arg) => `"${arg}"`).join(' ')} <&3 & wait`;
    const peer = await open({ command: 'sh', args: ['-c', script] });
    const server = Number(await peer.call('pid'));
    expect(server).not.toBe(peer.pid);
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    await watch.death(server);
    await peer.transport.close();
    expect(watch.alive).toEqual([]);
  });

  test('row 7: members that outlive the leader get SIGTERM, their time, and then SIGKILL', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...watched(), clock });
    const child = Number(await peer.call('child', { flags: ['--ignore-term'] }));
    await watch.birth(child);
    const heard = peer.notified('notifications/signal');
    const closing = peer.transport.close();
    await heard;
    expect(exists(child)).toBe(true);
    expect(exists(peer.pid)).toBe(false);
    let isClosed = false;
    void closing.then(() => {
      isClosed = true;
    });
    // Looks at the group until its time is over.
    const start = clock.now();
    while (clock.now() - start < 2000) await clock.next();
    expect(isClosed).toBe(false);
    await watch.death(child);
    while (!isClosed) {
      if (clock.delays.length > 0) await clock.next();
      else await new Promise(setImmediate);
    }
    expect(clock.delays).toEqual([]);
  });

  test('a group that got SIGKILL is waited for, but not for ever', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...watched(), clock });
    // Holds the output, so that its end does not tell that the group is dead.
    await watch.birth(Number(await peer.call('child', { stray: true })));
    pretendAlive(peer.pid);
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    const closing = peer.transport.close();
    for (let look = 0; look < 25; look += 1) await clock.next();
    await closing;
    expect(clock.now()).toBe(500);
    expect(clock.delays).toEqual([]);
  });

  test('dead members that nobody waits for do not hold it up', async () => {
    const clock = new PatientClock();
    const peer = await open({ ...faulty(), clock });
    pretendAlive(peer.pid);
    process.kill(peer.pid, 'SIGKILL');
    await peer.lost;
    await peer.transport.close();
    expect(clock.now()).toBe(0);
    expect(clock.delays).toEqual([]);
  });

  test('row 11: in the tick of start leaves no child', async () => {
    const peer = prepare(watched());
    const starting = peer.transport.start();
    const closing = peer.transport.close();
    await expect(starting).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await closing;
    expect(exists(peer.pid)).toBe(false);
    expect(peer.order).toEqual(['close']);
  });

  test('row 11: before start leaves nothing to start', async () => {
    const peer = prepare(watched());
    await peer.transport.close();
    await expect(peer.transport.start()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(peer.transport.pid).toBeNull();
    expect(peer.order).toEqual(['close']);
  });

  test('while a command is not found', async () => {
    const peer = prepare({ command: './no-such-program' });
    const starting = peer.transport.start();
    const closing = peer.transport.close();
    await expect(starting).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await closing;
    expect(peer.order).toEqual(['close']);
  });

  test('answers that come before the exit are delivered', async () => {
    const peer = await open(faulty());
    const answer = peer.call('echo', { text: 'late' });
    const closing = peer.transport.close();
    expect(await answer).toBe('late');
    await closing;
  });
});
