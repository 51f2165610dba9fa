/** Adapters and options that are not what they should be: told so, in time, and never passed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import {
  type Adapter,
  AdapterError,
  type CertifyOptions,
  certify,
  connectionStories,
  type Subject,
} from '../../../src/testing/certify/index.js';
import { StdioServer } from '../../../src/testing/certify/server/StdioServer.js';
import { exampleAdapter } from './support.js';

vi.mock('mcp-lifeline', () => import('../../../src/index.js'));

const whole = await exampleAdapter('lifeline.mjs');
const one: CertifyOptions = { transport: 'http', only: 'connect → call', patience: 5000 };

/** Ours, with something else in place of a member. */
function adapterWith(change: (subject: Subject) => Partial<Subject>): Adapter {
  return {
    ...whole,
    createSubject: async (task) => {
      const subject = await whole.createSubject(task);
      return { ...subject, ...change(subject) };
    },
  };
}

describe('an adapter', () => {
  test('that makes no subject is not waited for longer than anything else', async () => {
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    let come: (subject: Subject) => void = () => {};
    const late = new Promise<Subject>((resolve) => {
      come = resolve;
    });
    const adapter: Adapter = { name: 'late', createSubject: () => late };
    await expect(certify(adapter, { ...one, patience: 50 })).rejects.toThrow(
      new AdapterError('late: createSubject neither resolved nor rejected within 50 ms'),
    );
    // And whoever comes then leaves at once.
    come({ connect: async () => {}, call: async () => {}, close: async () => close() });
    await closed;
  });

  test.each([
    ['throws for a state', () => ({ state: () => expect.unreachable('no state') }), 'state() threw '],
    ['has no word for a state', () => ({ state: () => Reflect.get({}, 'state') }), 'state(): found nothing'],
    ['throws at a listener', () => ({ onChange: () => expect.unreachable('no') }), 'onChange threw '],
  ] as const)('whose subject %s is none', async (_what, change, said) => {
    await expect(certify(adapterWith(change), one)).rejects.toThrow(AdapterError);
    await expect(certify(adapterWith(change), one)).rejects.toThrow(`the subject: ${said}`);
  });

  test.each([
    ['points at itself', (answer: unknown) => Object.assign([answer], { self: [answer] })],
    ['is no JSON', (answer: unknown) => new Map([[1n, answer]])],
  ])('may have answers in whatever shape: one that %s', async (_what, wrap) => {
    const adapter = adapterWith((subject) => ({
      call: async (...call) => {
        const answer = wrap(await subject.call(...call));
        return Object.assign(answer, { again: answer });
      },
    }));
    expect(await certify(adapter, one)).toMatchObject({ failed: 0 });
  });
});

test.each([
  [{ concurrency: 0 }, 'concurrency: found 0, expected a whole number from 1'],
  [{ concurrency: Number.NaN }, 'concurrency: found NaN, expected a whole number from 1'],
  [{ patience: Number.NaN }, 'patience: found NaN, expected milliseconds from 1 to 2147483647'],
  [{ patience: 2 ** 31 }, 'patience: found 2147483648, expected milliseconds from 1 to 2147483647'],
  [{ only: 'xyzzy' }, 'only: found "xyzzy", expected words of a story'],
] as const)('%o leaves nothing that could fail', async (options, said) => {
  await expect(certify(whole, options)).rejects.toThrow(said);
});

test('the stories of a transport that the adapter does not have are none', () => {
  const adapter: Adapter = { ...whole, transports: ['stdio'] };
  expect(() => connectionStories(adapter, { transport: 'http' })).toThrow(
    'transport: found "http", expected stdio, which is all that the adapter has',
  );
});

test('whoever else speaks to the server of stdio names nothing that is killed', async () => {
  const server = await StdioServer.open();
  const { toConnect } = server;
  const port = 'args' in toConnect ? Number(toConnect.args.at(-1)) : 0;
  for (const hello of ['-1 0', '0 0', '1e1 0', 'GET / HTTP/1.1']) {
    const socket = connect(port, '127.0.0.1').resume();
    socket.write(`${hello}\n`);
    await once(socket, 'close');
  }
  expect(server.starts).toEqual([]);
  await server.end();
});
