import type { ConnectionManager } from '../connection/ConnectionManager.js';
import type { ConnectionPool } from '../pool/ConnectionPool.js';
import { ConnectionRecorder } from './ConnectionRecorder.js';
import { createInstruments, type Instruments } from './instruments.js';
import { type TelemetryOptions, tracerOf } from './options.js';

/**
 * Spans and metrics of one connection, from now on until it is terminated or the returned function is called.
 *
 * @returns stops it; spans that are open end there
 */
export function observeConnection(manager: ConnectionManager, options: TelemetryOptions = {}): () => void {
  const { recorder, stop } = observe(manager, createInstruments(options), options);
  recorder.begin();
  return stop;
}

/**
 * The same of every connection of a pool, those that come included.
 *
 * @returns stops it
 */
export function observePool(pool: ConnectionPool, options: TelemetryOptions = {}): () => void {
  const instruments = createInstruments(options);
  const observed = new Map<ConnectionManager, () => void>();
  /** The recorder of a connection that is met only now. */
  const meet = (name: string): ConnectionRecorder | null => {
    const manager = pool.peek(name);
    if (manager === null || observed.has(manager)) return null;
    const { recorder, stop } = observe(manager, instruments, options, () => observed.delete(manager));
    observed.set(manager, stop);
    return recorder;
  };
  for (const name of pool.names) meet(name)?.begin();
  const leave = [
    // What made us meet it was told before we listened.
    pool.on('state', (name, change) => meet(name)?.changed(change)),
    pool.on('call', (name, call) => {
      const recorder = meet(name);
      recorder?.begin();
      recorder?.settled(call);
    }),
  ];
  return () => {
    for (const each of leave) each();
    for (const stop of [...observed.values()]) stop();
  };
}

function observe(
  manager: ConnectionManager,
  instruments: Instruments,
  options: TelemetryOptions,
  onstop: () => void = () => {},
): { recorder: ConnectionRecorder; stop: () => void } {
  const recorder = new ConnectionRecorder(manager, tracerOf(options), instruments, options.attributes);
  const leave = [
    manager.on('state', (change) => {
      recorder.changed(change);
      if (change.to.status === 'terminated') stop();
    }),
    manager.on('health', (health) => recorder.healthChanged(health)),
    manager.on('call', (call) => recorder.settled(call)),
    () => recorder.end(Date.now()),
    onstop,
  ];
  const stop = () => {
    for (const each of leave.splice(0)) each();
  };
  return { recorder, stop };
}
