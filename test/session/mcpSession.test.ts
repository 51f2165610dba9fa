import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  LATEST_PROTOCOL_VERSION,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import type { CallTrace } from '../../src/session/port.js';
import { answerHandshake, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, look } from '../connection/support.js';
import { SessionRig } from './support.js';

describe('opening', () => {
  test('says hello as it was told to, and waits to be accepted', async () => {
    const rig = await new SessionRig({
      clientInfo: { name: 'an IDE', version: '3.1.4' },
      capabilities: { roots: { listChanged: true } },
    }).open();
    expect(rig.reports).toEqual(['opened', 'answered']);
    expect(rig.answers).toEqual([
      {
        protocolVersion: '2025-11-25',
        serverInfo: { name: 'scripted', version: '1.0.0' },
        capabilities: ['tools', 'resources', 'prompts'],
      },
    ]);
    expect(rig.transport.sent).toMatchObject([
      {
        method: 'initialize',
        params: {
          protocolVersion: LATEST_PROTOCOL_VERSION,
          clientInfo: { name: 'an IDE', version: '3.1.4' },
          capabilities: { roots: { listChanged: true } },
        },
      },
    ]);
    rig.session.accept();
    await settle();
    expect(rig.reports).toEqual(['opened', 'answered', 'completed']);
    expect(rig.sent).toEqual(['initialize', 'notifications/initialized']);
  });

  test('has the handlers of configureClient in place before the first frame', async () => {
    const heard = vi.fn();
    const rig = new SessionRig({
      capabilities: { sampling: {} },
      configureClient: (client) => {
        client.setNotificationHandler(LoggingMessageNotificationSchema, heard);
        client.setRequestHandler(CreateMessageRequestSchema, () => ({
          model: 'none',
          role: 'assistant',
          content: { type: 'text', text: 'hello' },
        }));
      },
    });
    rig.transport.start = async () => {
      rig.transport.receive({
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { level: 'info', data: 'starting' },
      });
    };
    await rig.accept();
    expect(heard).toHaveBeenCalledOnce();
    rig.transport.receive({
      jsonrpc: '2.0',
      id: 'theirs',
      method: 'sampling/createMessage',
      params: { messages: [], maxTokens: 1 },
    });
    await settle();
    expect(rig.last).toMatchObject({ id: 'theirs', result: { model: 'none' } });
  });

  test('tells of each notification, in order, whatever its listener does', async () => {
    const rig = new SessionRig();
    const notified = vi.fn().mockImplementationOnce(() => {
      throw new Error('a listener of the embedder');
    });
    const broken = new SessionRig({ onnotification: notified });
    for (const each of [rig, broken]) {
      await each.accept();
      for (const method of ['notifications/tools/list_changed', 'notifications/message']) {
        each.transport.receive({ jsonrpc: '2.0', method, params: { level: 'info', data: 1 } });
      }
    }
    expect(rig.notifications).toEqual([
      ['notifications/tools/list_changed', { level: 'info', data: 1 }],
      ['notifications/message', { level: 'info', data: 1 }],
    ]);
    expect(notified).toHaveBeenCalledTimes(2);
    expect(broken.errors).toMatchObject([{ message: 'a listener of the embedder' }]);
  });

  test('R2: answers the server’s ping meanwhile', async () => {
    const rig = await new SessionRig({ respond: () => undefined }).open();
    rig.transport.receive({ jsonrpc: '2.0', id: 'theirs', method: 'ping' });
    await settle();
    expect(rig.last).toEqual({ jsonrpc: '2.0', id: 'theirs', result: {} });
  });
});

describe('an opening that fails', () => {
  test('because configureClient throws, or rejects, is our user’s mistake', async () => {
    const cause = new Error('no such schema');
    const thrown = await new SessionRig({
      configureClient: () => {
        throw cause;
      },
    }).open();
    const rejected = await new SessionRig({ configureClient: () => Promise.reject(cause) }).open();
    for (const rig of [thrown, rejected]) {
      expect(rig.reports).toEqual(['lost INTERNAL_ERROR']);
      expect(rig.losses[0]).toMatchObject({ message: expect.stringContaining('configureClient'), cause });
      expect(rig.transport.isOpen).toBe(false);
    }
  });

  test('because no transport can be made says why', async () => {
    const cause = new Error('no such thing');
    const rig = await new SessionRig({ createTransport: () => Promise.reject(cause) }).open();
    expect(rig.losses).toMatchObject([{ code: 'TRANSPORT_FAILED', cause }]);
    const typed = new ConnectionError('COMMAND_NOT_FOUND', 'no program of that name');
    const thrown = new SessionRig({
      createTransport: () => {
        throw typed;
      },
    });
    await thrown.open();
    expect(thrown.losses).toEqual([typed]);
  });

  test('because the transport does not start says why', async () => {
    const cause = Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });
    const rig = new SessionRig();
    rig.transport.start = () => Promise.reject(cause);
    await rig.open();
    expect(rig.reports).toEqual(['lost TRANSPORT_FAILED']);
    expect(rig.losses[0]?.cause).toBe(cause);
  });

  test('because the server refuses the handshake', async () => {
    const rig = await new SessionRig({ respond: () => undefined }).open();
    rig.transport.receive({ jsonrpc: '2.0', id: 0, error: { code: -32603, message: 'still warming up' } });
    await settle();
    expect(rig.reports).toEqual(['opened', 'lost HANDSHAKE_REJECTED']);
    expect(rig.losses[0]).toMatchObject({
      message: expect.stringContaining('still warming up'),
      cause: { name: 'McpError' },
    });
  });

  test.each([-32602, -32022])('because the server names other versions (%i)', async (code) => {
    const rig = await new SessionRig({ respond: () => undefined }).open();
    rig.transport.receive({
      jsonrpc: '2.0',
      id: 0,
      error: { code, message: 'unsupported', data: { supported: ['2031-01-01', '2032-01-01'] } },
    });
    await settle();
    expect(rig.losses).toMatchObject([
      {
        code: 'UNSUPPORTED_PROTOCOL_VERSION',
        message: expect.stringContaining('2031-01-01, 2032-01-01'),
        details: { supported: ['2031-01-01', '2032-01-01'] },
      },
    ]);
  });

  test.each([
    ['nothing of it', {}],
    ['a text', { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: 'me' }],
    ['no version', { capabilities: {}, serverInfo: { name: 'a', version: '1' } }],
    [
      'a number for a version',
      { protocolVersion: 7, capabilities: {}, serverInfo: { name: 'a', version: '1' } },
    ],
    [
      'what only the SDK objects to',
      { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'a' } },
    ],
  ])('because the answer is not one of MCP: %s', async (_, result) => {
    const rig = await new SessionRig({ respond: () => result }).open();
    expect(rig.reports.at(-1)).toBe('lost NOT_MCP');
    expect(rig.reports.filter((report) => report.startsWith('lost'))).toHaveLength(1);
  });

  test('because the server goes away is told once, in the transport’s words', async () => {
    const rig = await new SessionRig({ respond: () => undefined }).open();
    const error = exited();
    rig.transport.lose(error);
    await settle();
    expect(rig.losses).toEqual([error]);
  });

  test('because a foreign transport closes is a closed connection', async () => {
    const rig = await new SessionRig({ respond: () => undefined }).open();
    rig.transport.onclose?.();
    await settle();
    expect(rig.reports).toEqual(['opened', 'lost CONNECTION_CLOSED']);
  });
});

describe('R8: initialize is never cancelled', () => {
  test('not when the session is closed, and not when the client is', async () => {
    const closed = await new SessionRig({ respond: () => undefined }).open();
    void closed.session.close();
    const left = await new SessionRig({ respond: () => undefined }).open();
    void left.session.client.close();
    await settle();
    for (const rig of [closed, left]) expect(rig.sent).toEqual(['initialize']);
  });
});

describe('a loss', () => {
  test('is told once, and rejects what is in flight', async () => {
    const rig = await new SessionRig().accept();
    const called = errorOf(rig.session.client.callTool({ name: 'write' }));
    rig.transport.lose(exited());
    expect(rig.reports.at(-1)).toBe('lost PROCESS_EXITED');
    void rig.session.close();
    expect(await called).toMatchObject({ code: -32000 });
    rig.transport.onlost?.(exited('again'));
    await settle();
    expect(rig.losses).toHaveLength(1);
  });

  test('is also that the embedder closes the client', async () => {
    const rig = await new SessionRig().accept();
    const called = errorOf(rig.session.client.callTool({ name: 'write' }));
    await rig.session.client.close();
    expect(rig.reports.at(-1)).toBe('lost CONNECTION_CLOSED');
    expect(await called).toMatchObject({ code: -32000 });
  });

  test('is not that a transport only complains', async () => {
    const onerror = vi.fn();
    const rig = await new SessionRig({
      configureClient: (client) => {
        client.onerror = onerror;
      },
    }).accept();
    rig.transport.onerror?.(new Error('garbage on stdout'));
    await settle();
    expect(rig.reports).toEqual(['opened', 'answered', 'completed']);
    expect(rig.errors).toMatchObject([{ message: 'garbage on stdout' }]);
    expect(onerror).toHaveBeenCalledExactlyOnceWith(rig.errors[0]);
  });
});

describe('closing', () => {
  test('ends the transport, rejects what is in flight, and is no loss', async () => {
    const rig = await new SessionRig().accept();
    const called = errorOf(rig.session.client.callTool({ name: 'write' }));
    await rig.session.close();
    expect(await called).toMatchObject({ code: -32000 });
    expect(rig.transport).toMatchObject({ closes: 1, isOpen: false });
    expect(rig.losses).toEqual([]);
  });

  test('has one outcome for everybody, and waits for the transport', async () => {
    const rig = await new SessionRig().accept();
    let end: () => void = () => {};
    rig.transport.close = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const both = Promise.all([rig.session.close(), rig.session.close()]);
    expect(await look(both)).toBe('pending');
    expect(rig.transport.close).toHaveBeenCalledOnce();
    end();
    expect(await look(both)).toEqual({ value: [undefined, undefined] });
  });

  test('survives a transport that throws at it', async () => {
    const [rejecting, throwing] = [await new SessionRig().accept(), await new SessionRig().accept()];
    rejecting.transport.close = () => Promise.reject(new Error('already gone'));
    throwing.transport.close = () => {
      throw new Error('already gone');
    };
    for (const rig of [rejecting, throwing]) {
      await rig.session.close();
      expect(rig.errors).toMatchObject([{ message: 'already gone' }]);
    }
  });

  test('before it was opened, or after it failed to, is nothing special', async () => {
    const unopened = new SessionRig();
    await unopened.session.close();
    expect(unopened.transport.closes).toBe(0);
    const failed = await new SessionRig({ createTransport: () => Promise.reject(new Error('no')) }).open();
    await failed.session.close();
    expect(failed.reports).toEqual(['lost TRANSPORT_FAILED']);
  });

  test('row 34: waits for a transport that comes late, and closes it unopened', async () => {
    const transport = new ScriptedTransport();
    let come: () => void = () => {};
    const rig = new SessionRig({
      createTransport: () =>
        new Promise((resolve) => {
          come = () => resolve(transport);
        }),
    });
    await rig.open();
    const closed = rig.session.close();
    expect(await look(closed)).toBe('pending');
    come();
    expect(await look(closed)).toEqual({ value: undefined });
    expect(transport).toMatchObject({ closes: 1, isOpen: false });
    expect(transport.sent).toEqual([]);
    expect(rig.reports).toEqual([]);
  });

  test('while configureClient takes its time makes no transport at all', async () => {
    let configured: () => void = () => {};
    const createTransport = vi.fn(() => new ScriptedTransport());
    const rig = new SessionRig({
      createTransport,
      configureClient: () =>
        new Promise((resolve) => {
          configured = resolve;
        }),
    });
    await rig.open();
    const closed = rig.session.close();
    configured();
    await closed;
    expect(createTransport).not.toHaveBeenCalled();
  });

  test('row 34: closes a transport that was only starting once it has', async () => {
    let open: () => void = () => {};
    const rig = new SessionRig();
    const { transport } = rig;
    transport.start = () =>
      new Promise<void>((resolve) => {
        open = () => {
          transport.isOpen = true;
          resolve();
        };
      });
    await rig.open();
    await rig.session.close();
    open();
    await settle();
    expect(transport.isOpen).toBe(false);
    expect(rig.sent).toEqual([]);
    expect(rig.reports).toEqual([]);
  });

  test('lets nothing through any more', async () => {
    const rig = await new SessionRig().accept();
    await rig.session.close();
    rig.transport.receive({ jsonrpc: '2.0', method: 'notifications/message' });
    const trace: CallTrace = { written: 0, answered: 0 };
    expect(await errorOf(rig.session.trace(trace, () => rig.session.client.ping()))).toBeInstanceOf(Error);
    expect(trace.written).toBe(0);
    expect(rig.notifications).toEqual([]);
  });
});

describe('saying goodbye', () => {
  test('uses the transport’s own word for it, before it is closed', async () => {
    const rig = await new SessionRig().accept();
    const goodbye = vi.fn(async () => {});
    Object.assign(rig.transport, { goodbye });
    await rig.session.goodbye();
    expect(goodbye).toHaveBeenCalledOnce();
    expect(rig.transport.closes).toBe(0);
  });

  test('never rejects', async () => {
    const without = await new SessionRig().accept();
    await without.session.goodbye();
    const failing = await new SessionRig().accept();
    Object.assign(failing.transport, { goodbye: () => Promise.reject(new Error('405')) });
    await failing.session.goodbye();
    expect(failing.errors).toMatchObject([{ message: '405' }]);
    await new SessionRig().session.goodbye();
  });
});

describe('finishing an authorization', () => {
  test('is the transport’s, also after the session was closed', async () => {
    const rig = await new SessionRig().accept();
    const finishAuth = vi.fn(async () => {});
    Object.assign(rig.transport, { finishAuth });
    await rig.session.close();
    const { signal } = new AbortController();
    await rig.session.finishAuth('a code', signal);
    expect(finishAuth).toHaveBeenCalledExactlyOnceWith('a code', signal);
  });

  test('fails where the transport knows none', async () => {
    const rig = await new SessionRig().accept();
    expect(await errorOf(rig.session.finishAuth('a code'))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
  });
});

test('each session has a client of its own', () => {
  const clients = [new SessionRig(), new SessionRig()].map(({ session }): Client => session.client);
  expect(clients[0]).not.toBe(clients[1]);
  expect(answerHandshake({ jsonrpc: '2.0', id: 1, method: 'ping' })).toEqual({});
});
