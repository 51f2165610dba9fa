import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultyServer } from '../support/faultyServer.js';
import { isAlive } from '../support/isAlive.js';
import { DeathWatch } from '../transports/stdio/support.js';
import { eventsOf, installCompiledTour, TourProcess } from './tourProcess.js';

installCompiledTour();

/** Processes of servers that the output names. */
function pidsIn(stdout: string): number[] {
  return eventsOf(stdout).flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));
}

function showsState(status: string, connection: string) {
  const isThere = ({ event, to, connection: found }: ReturnType<typeof eventsOf>[number]) =>
    event === 'state.changed' &&
    found === connection &&
    expect.objectContaining({ status }).asymmetricMatch(to);
  return (stdout: string) => eventsOf(stdout).find(isThere);
}

describe('Ctrl-C', () => {
  test.each([
    ['stdio', 'connecting'],
    ['stdio', 'connected'],
    ['stdio', 'reconnecting'],
    ['http', 'connected'],
    ['http', 'reconnecting'],
  ])('while the %s connection is %s ends the tour, and the servers', async (connection, status) => {
    const tour = new TourProcess(['--json']);
    await tour.shows(showsState(status, connection));
    tour.child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await tour.ended();
    expect({ code, signal, stderr }).toEqual({ code: 130, signal: null, stderr: '' });
    expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'tour.ended', outcome: 'interrupted' });
    expect(pidsIn(stdout).filter(isAlive)).toEqual([]);
  });
});

describe('with a server of the reader', () => {
  let watch: DeathWatch;

  beforeEach(async () => {
    watch = await DeathWatch.start();
  });

  afterEach(() => watch.stop());

  const tourOf = (...faults: string[]) =>
    new TourProcess(['node', faultyServer, '--watch', watch.port, ...faults]);

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s while it does not answer ends both', async (signal, code) => {
    const tour = tourOf('--silent');
    await watch.births(1);
    tour.child.kill(signal);
    expect(await tour.ended()).toMatchObject({ code, signal: null, stderr: '' });
    await watch.deaths();
  });

  test('a second Ctrl-C does not wait for a server that will not end', async () => {
    const tour = tourOf('--silent', '--ignore-end', '--ignore-term');
    await watch.births(1);
    tour.child.kill('SIGINT');
    await tour.shows((stdout) => (stdout.includes('closing') ? true : undefined));
    tour.child.kill('SIGINT');
    const { code, stdout } = await tour.ended();
    expect(code).toBe(130);
    expect(stdout).not.toContain('closed');
    await watch.deaths();
  });

  test('a reader of the output that goes away ends both, without a word', async () => {
    const tour = new TourProcess(['--json']);
    await tour.shows((stdout) => (pidsIn(stdout).length > 0 ? true : undefined));
    tour.child.stdout.destroy();
    const { code, stdout, stderr } = await tour.ended();
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
    expect(pidsIn(stdout).filter(isAlive)).toEqual([]);
  });
});
