import { describe, expect, test } from 'vitest';
import { type ConnectionState, isSameState } from '../../src/connection/state.js';

const info = {
  connectedAt: 1,
  serverInfo: { name: 'server', version: '1' },
  negotiatedFeatures: [],
  protocolVersion: '2025-11-25',
};
const error = { code: 'PROCESS_EXITED', message: 'it is gone' } as const;

/** No two of them are the same. */
const states: ConnectionState[] = [
  { status: 'disconnected' },
  { status: 'connecting', phase: 'queued', retryCount: 0 },
  { status: 'connecting', phase: 'transportSetup', retryCount: 0 },
  { status: 'connecting', phase: 'transportSetup', retryCount: 1 },
  { status: 'connected', info },
  { status: 'connected', info: { ...info, connectedAt: 2 } },
  { status: 'reconnecting', retryCount: 0 },
  { status: 'reconnecting', retryCount: 1 },
  { status: 'failed', error },
  { status: 'failed', error: { ...error } },
  { status: 'authorizing' },
  { status: 'closing' },
  { status: 'terminated' },
];

describe('two states are the same', () => {
  test('when nothing that is told of them differs', () => {
    for (const state of states) expect(isSameState(state, { ...state })).toBe(true);
  });

  test('and else are not, whichever comes first', () => {
    for (const one of states) {
      for (const other of states)
        expect(isSameState(one, other), JSON.stringify([one, other])).toBe(one === other);
    }
  });
});
