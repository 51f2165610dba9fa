import { describe, expect, test } from 'vitest';
import { isAlive } from '../support/isAlive.js';
import type { RunResult } from '../support/run.js';
import { eventsOf, installCompiledTour, type Line, TourProcess } from './tourProcess.js';

installCompiledTour();

/** Something happens over and over in words: the states of one connection, one after the other. */
function statesOf(events: readonly Line[], connection: string): unknown[] {
  return events
    .filter((line) => line.event === 'state.changed' && line.connection === connection)
    .map(({ to }) => (isState(to) ? (to.phase ?? to.status) : to));
}

function isState(value: unknown): value is { status: string; phase?: string } {
  return typeof value === 'object' && value !== null && 'status' in value;
}

function find(events: readonly Line[], connection: string, event: string, more: object = {}): Line[] {
  const wanted = expect.objectContaining({ connection, event, ...more });
  return events.filter((line) => wanted.asymmetricMatch(line));
}

const PHASES = ['queued', 'transportSetup', 'handshakeStart', 'capabilityNegotiation', 'healthCheck'];

describe('the tour of a server that is killed', () => {
  test('shows loss, backoff and recovery on both transports, one event per line', async () => {
    const result = await TourProcess.run(['--json']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const events = eventsOf(result.stdout);
    expect(events[0]).toMatchObject({ event: 'tour.began', connection: null });
    expect(events.at(-1)).toMatchObject({ event: 'tour.ended', outcome: 'finished' });
    expect(events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0))).toBe(true);

    expect(statesOf(events, 'stdio')).toEqual([
      ...PHASES,
      'connected',
      'reconnecting',
      'reconnecting',
      ...PHASES,
      'connected',
      'closing',
      'terminated',
    ]);
    const [lost] = find(events, 'stdio', 'tool.failed');
    expect(lost).toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
    expect(find(events, 'stdio', 'tool.called', { waits: true })).toHaveLength(1);
    expect(find(events, 'stdio', 'tool.answered').map(({ text }) => text)).toEqual([
      'Echo: hello',
      'Echo: still here',
      'The sum of 2 and 40 is 42.',
    ]);
    const [loss, backoff] = find(events, 'stdio', 'state.changed', {
      to: expect.objectContaining({ status: 'reconnecting' }),
    });
    expect(loss).toMatchObject({ error: { code: 'PROCESS_EXITED', details: { signal: 'SIGKILL' } } });
    expect(backoff?.delay).toBeGreaterThan(0);

    // The last refused attempts depend on how fast the new server is.
    const http = statesOf(events, 'http');
    expect(http.slice(0, 6)).toEqual([...PHASES, 'connected']);
    expect(http.filter((state) => state === 'connected')).toHaveLength(2);
    expect(http.slice(-3)).toEqual(['connected', 'closing', 'terminated']);
    const refused = find(events, 'http', 'state.changed', {
      from: expect.objectContaining({ status: 'connecting' }),
      error: expect.objectContaining({ code: 'CONNECTION_REFUSED' }),
    });
    expect(refused.length).toBeGreaterThan(0);
    expect(find(events, 'http', 'tool.answered').at(-1)).toMatchObject({
      text: 'The sum of 2 and 40 is 42.',
    });

    for (const connection of ['stdio', 'http']) {
      const sessions = find(events, connection, 'state.changed', {
        to: expect.objectContaining({ status: 'connected' }),
      });
      expect(new Set(sessions.map(({ pid, session }) => pid ?? session)).size).toBe(2);
      expect(find(events, connection, 'items.listed')[0]).toMatchObject({ of: 'tools' });
      const [ended] = find(events, connection, 'connection.ended');
      expect(ended).toMatchObject({ statistics: { connects: 2, reconnections: 1 } });
      const [gone] = find(events, connection, 'server.gone');
      const pids = Array.isArray(gone?.pids) ? gone.pids : [];
      expect(pids).toHaveLength(2);
      expect(pids.filter(isAlive)).toEqual([]);
    }
  });

  test('is plain lines where no terminal reads them', async () => {
    const { code, stdout, stderr }: RunResult = await TourProcess.run([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f●→]/);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => / SIGKILL +process \d+$/.test(line))).toHaveLength(2);
    expect(lines.filter((line) => / lost +/.test(line))).toHaveLength(2);
    expect(lines.filter((line) => / left running +nothing /.test(line))).toHaveLength(2);
    expect(lines.find((line) => line.startsWith('  connected '))).toMatch(
      /2×, 1 after a loss +2×, 1 after a loss$/,
    );
    expect(lines.at(-2)).toMatch(/^finished after \d+\.\d s$/);
  });
});
