/** Why a connection failed is said in one sentence, with the option that can be changed, where there is one. */
import { describe, expect, test } from 'vitest';
import type { ConnectionErrorRecord } from '../../machines/index.js';
import { ConnectionError } from '../../src/errors.js';
import { Journey } from './journey.js';

const ANSWER = { protocolVersion: '2025-11-25', serverInfo: { name: 'a', version: '1' }, capabilities: [] };

async function connecting(...options: ConstructorParameters<typeof Journey>): Promise<Journey> {
  const journey = new Journey(...options);
  await journey.send('connect');
  return journey;
}

async function connected(...options: ConstructorParameters<typeof Journey>): Promise<Journey> {
  const journey = new Journey(...options);
  await journey.connect();
  return journey;
}

/** How a connection can come to its end, and what it then says; where it goes, if not to be released. */
const ends: { [name: string]: [() => Promise<Journey>, ConnectionErrorRecord, place?: string] } = {
  'the transport does not open': [
    async () => {
      const journey = await connecting({ timeout: { transport: 1_234 } });
      await journey.advance(1_234);
      return journey;
    },
    { code: 'TRANSPORT_TIMEOUT', message: 'not connected within 1234 ms (timeout.transport)' },
  ],
  'the handshake is not answered': [
    async () => {
      const journey = await connecting({ timeout: { connect: 4_321 } });
      await journey.report({ type: 'transport.opened' });
      await journey.advance(4_321);
      return journey;
    },
    { code: 'CONNECT_TIMEOUT', message: 'not connected within 4321 ms (timeout.connect)' },
  ],
  'the negotiation does not end': [
    async () => {
      const journey = await connecting({ timeout: { negotiation: 77 } });
      await journey.report({ type: 'transport.opened' });
      await journey.report({ type: 'handshake.answered', answer: ANSWER });
      await journey.advance(77);
      return journey;
    },
    { code: 'NEGOTIATION_TIMEOUT', message: 'not connected within 77 ms (timeout.negotiation)' },
  ],
  'the server speaks a version that we do not': [
    async () => {
      const journey = await connecting({}, { supportedVersions: ['2025-06-18', '2025-11-25'] });
      await journey.handshake({ protocolVersion: '1999-01-01' });
      return journey;
    },
    {
      code: 'UNSUPPORTED_PROTOCOL_VERSION',
      message: 'the server speaks protocol version 1999-01-01, this client 2025-06-18, 2025-11-25',
    },
  ],
  'the server lacks capabilities': [
    async () => {
      const journey = await connecting({}, { requiredCapabilities: ['tools', 'logging', 'prompts'] });
      await journey.handshake({ capabilities: ['logging'] });
      return journey;
    },
    {
      code: 'CAPABILITY_MISSING',
      message: 'the server does not offer tools, prompts (requiredCapabilities)',
    },
  ],
  'the first probe fails': [
    async () => {
      const journey = await connecting();
      await journey.handshake();
      await journey.probeFailed();
      return journey;
    },
    { code: 'FIRST_PROBE_FAILED', message: 'the first probe failed: ill' },
  ],
  'a probe fails, at a threshold of one': [
    async () => {
      const journey = await connected({ healthCheck: { failureThreshold: 1 } });
      await journey.send('checkHealth');
      await journey.probeFailed();
      return journey;
    },
    { code: 'UNHEALTHY', message: '1 failed health check; the last: ill' },
  ],
  'two probes fail, the last for want of an answer': [
    async () => {
      const journey = await connected({ healthCheck: { failureThreshold: 2, timeout: 3_000 } });
      await journey.send('checkHealth');
      await journey.probeFailed();
      await journey.send('checkHealth');
      await journey.advance(3_000);
      return journey;
    },
    { code: 'UNHEALTHY', message: '2 failed health checks; the last: no answer within 3000 ms' },
  ],
  'the session is not released in time': [
    async () => {
      const journey = await connected({ timeout: { release: 500 } });
      await journey.lose();
      await journey.advance(500);
      return journey;
    },
    { code: 'RELEASE_FAILED', message: 'the last session did not end within 500 ms (timeout.release)' },
    'failed',
  ],
  'the release of the session throws': [
    async () => {
      const journey = await connected();
      await journey.lose();
      await journey.unreleased();
      return journey;
    },
    { code: 'RELEASE_FAILED', message: 'the last session could not be released: it will not go' },
    'failed',
  ],
  'the authorization is not finished in time': [
    async () => {
      const journey = await connecting({ timeout: { connect: 900 } });
      await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
      await journey.send('authorize');
      await journey.advance(900);
      return journey;
    },
    {
      code: 'AUTHORIZATION_FAILED',
      message: 'the authorization did not finish within 900 ms (timeout.connect)',
    },
    'authorizing.waiting',
  ],
  'the authorization fails': [
    async () => {
      const journey = await connecting();
      await journey.loseAndRelease('AUTHORIZATION_REQUIRED');
      await journey.send('authorize');
      await journey.refused();
      return journey;
    },
    { code: 'INTERNAL_ERROR', message: 'a wrong code' },
    'authorizing.waiting',
  ],
  'the session breaks down': [
    async () => {
      const journey = await connected();
      await journey.breakDown();
      return journey;
    },
    { code: 'INTERNAL_ERROR', message: 'broken' },
  ],
};

test.each(Object.entries(ends))('%s', async (_, [story, reason, place = 'releasing']) => {
  const journey = await story();
  expect(journey.place).toBe(place);
  expect(journey.context.error).toEqual(reason);
});

describe('an actor that fails', () => {
  const failures: [string, unknown, ConnectionErrorRecord][] = [
    [
      'an error of ours keeps its code and its facts',
      new ConnectionError('PROCESS_EXITED', 'it left', { details: { exitCode: 3 } }),
      { code: 'PROCESS_EXITED', message: 'it left', details: { exitCode: 3 } },
    ],
    ['another error is an internal one', new TypeError('oops'), { code: 'INTERNAL_ERROR', message: 'oops' }],
    ['what is no error is put in words', 'just a text', { code: 'INTERNAL_ERROR', message: 'just a text' }],
    ['nothing at all', null, { code: 'INTERNAL_ERROR', message: 'null' }],
    ['an object', { toRecord: 'no function' }, { code: 'INTERNAL_ERROR', message: '[object Object]' }],
  ];

  test.each(failures)('%s', async (_, thrown, record) => {
    const journey = await connected();
    await journey.breakDown(thrown);
    expect(journey.context.error).toEqual(record);
  });
});
