/** Calls that may be what ends the sessions: how often they are sent again. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionError, ConnectionLostError } from '../../src/errors.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { loseRequest } from '../../src/transports/lostRequest.js';
import { connection } from '../integration/support.js';
import { faulty } from '../transports/stdio/support.js';
import { DONE, errorOf, exited, look, WireRig } from './support.js';

const POISON = { uri: 'file:///poison' };

async function connected(): Promise<WireRig> {
  const rig = new WireRig();
  await rig.manager.connect();
  return rig;
}

/** Times that each session was asked. */
function asked(rig: WireRig, method = 'resources/read'): number[] {
  return rig.transports.map((wire) => wire.requests(method).length);
}

describe('over scripted sessions', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    // Nothing may depend on the clock's being at its beginning.
    vi.advanceTimersByTime(12_345);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Loses the session, for the `losses`th time in a row, and lets the next one come up. */
  async function replace(rig: WireRig, losses: number, loss: ConnectionError = exited()): Promise<void> {
    rig.wire.lose(loss);
    await vi.advanceTimersByTimeAsync(125 * 2 ** losses);
    expect(rig.manager.state.status).toBe('connected');
  }

  /** The only request of this method on the newest session is never answered, though the session lives. */
  function loseAnswer(rig: WireRig, method: string): void {
    rig.wire.receive(loseRequest(rig.request(method).id, new ConnectionError('STREAM_LOST', 'it broke off')));
  }

  test('a read that two sessions were lost with is not sent a third time', async () => {
    const rig = await connected();
    const outcome = errorOf(rig.manager.readResource(POISON));
    await settle();
    await replace(rig, 1);
    expect(await look(outcome)).toBe('pending');
    await replace(rig, 2, exited('the process exited again', 'why'));
    const error = await outcome;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      mayHaveExecuted: true,
      cause: { name: 'ConnectionError', code: 'PROCESS_EXITED', cause: 'why' },
    });
    expect(asked(rig)).toEqual([1, 1, 0]);
    expect(rig.manager.stats.calls).toMatchObject({ sent: 2, failed: 1, inFlight: 0, waiting: 0 });
  });

  test('what the caller declared idempotent is not either', async () => {
    const rig = await connected();
    const outcome = errorOf(rig.manager.callTool({ name: 'crash' }, { idempotent: true }));
    await settle();
    await replace(rig, 1);
    await replace(rig, 2);
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
    expect(asked(rig, 'tools/call')).toEqual([1, 1, 0]);
  });

  test('an answer that was lost without its session counts as well', async () => {
    const rig = await connected();
    const { wire } = rig;
    const outcome = errorOf(rig.manager.readResource(POISON));
    await settle();
    // The server is gone: the next sending never arrives, and only then the session is known to be lost.
    const refused = new ConnectionError('CONNECTION_REFUSED', 'gone', { details: { unsent: true } });
    const send = vi.spyOn(wire, 'send').mockRejectedValueOnce(refused);
    loseAnswer(rig, 'resources/read');
    await settle();
    expect(send).toHaveBeenCalledTimes(1);
    await replace(rig, 1, refused);
    loseAnswer(rig, 'resources/read');
    expect(await look(outcome)).toMatchObject({ value: { code: 'STREAM_LOST', mayHaveExecuted: true } });
    expect(asked(rig)).toEqual([1, 1]);
  });

  test('a call that was never written is sent as soon as a session takes it', async () => {
    const rig = await connected();
    const unsent = new ConnectionError('PIPE_BROKEN', 'it reads no more', { details: { unsent: true } });
    let isDeaf = true;
    const send = ScriptedTransport.prototype.send;
    const refused = vi.spyOn(ScriptedTransport.prototype, 'send').mockImplementation(function (
      this: ScriptedTransport,
      message,
    ) {
      const isCall = 'method' in message && message.method === 'tools/call';
      return isDeaf && isCall ? Promise.reject(unsent) : send.call(this, message);
    });
    onTestFinished(() => refused.mockRestore());
    const called = rig.manager.callTool({ name: 'write' });
    await settle();
    await replace(rig, 1);
    await replace(rig, 2);
    isDeaf = false;
    await replace(rig, 3);
    rig.answer('tools/call', DONE);
    expect(await called).toEqual(DONE);
  });

  test('an answer too large to be read is not asked for again', async () => {
    const rig = await connected();
    const [read, other] = [errorOf(rig.manager.readResource(POISON)), errorOf(rig.manager.listPrompts())];
    await settle();
    await replace(rig, 1, new ConnectionError('FRAME_TOO_LARGE', 'a line of more than 10 bytes'));
    for (const error of await Promise.all([read, other])) {
      expect(error).toMatchObject({
        name: 'ConnectionLostError',
        mayHaveExecuted: true,
        cause: { code: 'FRAME_TOO_LARGE' },
      });
    }
    expect(asked(rig)).toEqual([1, 0]);
  });

  test('a call whose time ends between sessions says why there is none', async () => {
    const rig = await connected();
    const sent = errorOf(rig.manager.readResource(POISON, { timeout: 100 }));
    await settle();
    rig.wire.lose(exited());
    const unsent = errorOf(rig.manager.callTool({ name: 'write' }, { timeout: 100 }));
    await vi.advanceTimersByTimeAsync(100);
    const cause = { code: 'PROCESS_EXITED', message: 'files: the process exited' };
    expect(await sent).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: true, cause });
    expect(await unsent).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: false, cause });
  });
});

describe('over stdio', () => {
  test('a call that ends the process ends two of them, and the connection lives on', async () => {
    const { manager } = connection({ server: faulty() });
    await manager.connect();
    const crash = { name: 'exit', arguments: { code: 7 } };
    expect(await errorOf(manager.callTool(crash, { idempotent: true }))).toMatchObject({
      code: 'CONNECTION_LOST',
      mayHaveExecuted: true,
      cause: { code: 'PROCESS_EXITED', details: { exitCode: 7 } },
    });
    const echo = { name: 'echo', arguments: { text: 'here' } };
    expect(await manager.callTool(echo)).toEqual({ content: [{ type: 'text', text: 'here' }] });
    // Nothing else ends the process: so often it was carried out.
    expect(manager.stats).toMatchObject({ disconnects: { PROCESS_EXITED: 2 }, attempts: 3 });
  });

  test('an answer too large to be read ends one session', async () => {
    const { manager } = connection({ server: faulty() });
    await manager.connect();
    expect(await errorOf(manager.callTool({ name: 'endless' }, { idempotent: true }))).toMatchObject({
      code: 'CONNECTION_LOST',
      cause: { code: 'FRAME_TOO_LARGE' },
    });
    await manager.waitFor('connected');
    expect(manager.stats).toMatchObject({ disconnects: { FRAME_TOO_LARGE: 1 }, attempts: 2 });
  });
});
