/** The recipe for Stately's inspector, as far as it goes offline: everything but the page that draws. */
import { join } from 'node:path';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { expect, onTestFinished, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { createConnectionPool } from '../../src/index.js';
import { connection, installed, ProcessMark } from '../integration/support.js';
import { bundle, loadRecipe, recipeText, workshop } from '../recipes/recipe.js';
import { freePort } from '../support/freePort.js';
import { run } from '../support/run.js';
import { watchListening } from './listening.js';

const everything = (env: { [name: string]: string } = {}) => ({
  command: process.execPath,
  args: [installed('@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
  env,
});

/** One who looks, and can wait for what it has not seen yet. */
class Onlooker {
  readonly events: StatelyInspectionEvent[] = [];
  #onevent: (() => void)[] = [];

  constructor(port: number) {
    createWebSocketReceiver({ server: `ws://localhost:${port}` }).subscribe((event) => {
      this.events.push(event);
      for (const look of this.#onevent.splice(0)) look();
    });
  }

  async until(isThere: (event: StatelyInspectionEvent) => boolean): Promise<StatelyInspectionEvent> {
    while (true) {
      const event = this.events.find(isThere);
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#onevent.push(resolve));
    }
  }
}

const stateOf = (event: StatelyInspectionEvent): string =>
  event.type === '@xstate.snapshot' ? (JSON.stringify(Reflect.get(event.snapshot, 'value')) ?? '') : '';

test('the recipe sends a connection, its end and its return to who looks', async () => {
  const asked = watchListening();
  const { openInspector } = await loadRecipe('docs/stately.md', 'inspect');
  const port = await freePort();
  const { inspect, stop } = openInspector(port);
  onTestFinished(() => stop());
  expect(asked).toEqual([[port, 'localhost', expect.any(Function)]]);

  const mark = new ProcessMark();
  const { manager } = connection({ server: everything(mark.env), inspect });
  const onlooker = new Onlooker(port);
  await manager.connect();
  const actor = await onlooker.until(
    (event) => event.type === '@xstate.actor' && event.name === 'connection',
  );
  await onlooker.until((event) => event.type === '@xstate.event' && event.event.type === 'transport.opened');
  await onlooker.until((event) => stateOf(event).includes('"connected"'));
  onlooker.events.length = 0;

  process.kill(mark.leader, 'SIGKILL');
  const lost = await onlooker.until(
    (event) => event.type === '@xstate.event' && event.event.type === 'session.lost',
  );
  expect(lost).toMatchObject({ event: { error: { code: 'PROCESS_EXITED' } } });
  await onlooker.until((event) => stateOf(event).includes('"releasing"'));
  await onlooker.until((event) => stateOf(event).includes('"connected"'));

  // The chart arrives whole, down to the innermost transition.
  const { definition } = actor.type === '@xstate.actor' ? actor : { definition: undefined };
  expect(definition).toContain('"announceProbeUnanswered"');
  expect(definition).not.toMatch(/\[(Object|Array)\]/);
});

test('Stately’s server by itself names no interface, as the guide says', () => {
  const asked = watchListening(false);
  const server = createInspectorServer({ port: 8080, autoOpen: false });
  onTestFinished(() => server.stop());
  expect(asked).toEqual([[8080, expect.any(Function)]]);
});

test('the program of the guide ends when it has stopped the inspector', async () => {
  const port = await freePort();
  const outfile = join(workshop(), 'inspected.mjs');
  const { command, args } = everything();
  const program = recipeText('docs/stately.md', 'inspected')
    .replace('openInspector()', `openInspector(${port})`)
    .replace(/\{ command: 'npx'.*\}/, JSON.stringify({ command, args }));
  expect(program).toContain(args[0]);
  await bundle(program, {
    outfile,
    platform: 'node',
    beside: { './inspector.js': recipeText('docs/stately.md', 'inspect') },
  });
  expect(await run(process.execPath, [outfile])).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  ['a connection', 'connection'],
  ['a pool', 'pool'],
])('the inspector of %s hears of actors, events, snapshots and microsteps', async (_, root) => {
  const events: InspectionEvent[] = [];
  const inspect = (event: InspectionEvent) => events.push(event);
  const isOf = (event: InspectionEvent, id: string) =>
    JSON.stringify(Reflect.get(Reflect.get(event.actorRef, 'logic') ?? {}, 'id')) === `"${id}"`;
  if (root === 'pool') {
    const pool = createConnectionPool({ servers: { files: everything() }, inspect });
    onTestFinished(() => pool[Symbol.asyncDispose]());
    await pool.get('files');
    await pool.drain();
  } else {
    const { manager } = connection({ server: everything(), inspect });
    await manager.connect();
    await manager.terminate();
  }
  for (const id of root === 'pool' ? ['pool', 'entry', 'connection'] : ['connection']) {
    const types = new Set(events.filter((event) => isOf(event, id)).map(({ type }) => type));
    expect([id, ...[...types].sort()]).toEqual([
      id,
      '@xstate.action',
      '@xstate.actor',
      '@xstate.event',
      '@xstate.microstep',
      '@xstate.snapshot',
    ]);
  }
});
