import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Daemon, type DaemonOptions } from '../../src/daemon/Daemon.js';
import { dial } from '../../src/ipc/dial.js';
import type { Peer } from '../../src/ipc/peer.js';
import { type Places, placesFor, surroundings } from '../../src/ipc/places.js';
import { load } from '../config/support.js';
import { makeDirectory } from '../ipc/support.js';
import { faultyServer } from '../support/faultyServer.js';

const US = { version: '1', fingerprint: 'print' };

/** Where a daemon for one test lies. */
export function placesForTest(): Places {
  const env = { MCP_LIFELINE_RUNTIME_DIR: join(makeDirectory(), 'run') };
  return placesFor(US.fingerprint, { ...surroundings(), env, user: `test-${process.pid}` });
}

/** A daemon in this process, with the scriptable server, called `real`; it ends with the test. */
export async function startDaemon(places: Places, options: Partial<DaemonOptions> = {}) {
  const real = { command: process.execPath, args: [faultyServer], disabledTools: ['exit*'] };
  const { servers } = load({ mcpServers: { real } }, {}, join(places.directory, '..', 'config.json'));
  const lines: string[] = [];
  const daemon = new Daemon({
    places,
    ...US,
    servers,
    isConfigSame: () => true,
    log: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(async () => {
    if (daemon.actor.getSnapshot().status === 'active') daemon.actor.send({ type: 'daemon.stop' });
    await daemon.stopped;
  });
  const connect = async (): Promise<Peer> => {
    const { peer } = await dial({ places, ...US });
    onTestFinished(async () => {
      peer.close();
      await peer.closed;
    });
    return peer;
  };
  await new Promise<void>((resolve) => {
    daemon.actor.subscribe({
      next: (snapshot) => (snapshot.hasTag('serving') ? resolve() : undefined),
      complete: resolve,
    });
    if (daemon.actor.getSnapshot().hasTag('serving')) resolve();
  });
  return { daemon, lines, connect };
}

/** Resolves when the daemon is in such a state. */
export function reached(daemon: Daemon, state: 'draining' | 'stopping'): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (daemon.actor.getSnapshot().value === state) resolve();
    };
    daemon.actor.subscribe(look);
    look();
  });
}
