import { expect, onTestFinished, test } from 'vitest';
import { InspectionDesk } from '../../src/daemon/InspectionDesk.js';
import { PoolRig } from '../rigs/poolRig.js';

test('who comes when the daemon leaves is shown nothing, and nothing is listened to for them', async () => {
  const { pool, clock } = new PoolRig({ servers: { files: {} } });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  let listeners = 0;
  const counted: typeof pool.on = (event, listener) => {
    listeners += 1;
    const remove = pool.on(event, listener);
    return () => {
      listeners -= 1;
      remove();
    };
  };
  const desk = new InspectionDesk({
    pool: { names: pool.names, peek: (name) => pool.peek(name), on: counted },
    names: ['files'],
    faultOf: () => null,
    clock,
    leaving: AbortSignal.abort(),
  });
  const frames: unknown[] = [];
  const context = { signal: new AbortController().signal, progress: (frame: unknown) => frames.push(frame) };
  expect(await desk.watch('feed', context)).toBeNull();
  expect({ frames, listeners }).toEqual({ frames: [], listeners: 0 });
});
