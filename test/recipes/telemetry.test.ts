/** The recipes for OpenTelemetry, with global providers as a program sets them. */
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionManager } from '../../src/index.js';
import { answer, ScriptedServer } from '../fixtures/servers/http-scripted.js';
import { installed, ProcessMark } from '../integration/support.js';
import { TelemetryRig } from '../opentelemetry/rig.js';
import { loadRecipe } from './recipe.js';

function globalRig(): TelemetryRig {
  const rig = new TelemetryRig();
  trace.setGlobalTracerProvider(rig.tracerProvider);
  metrics.setGlobalMeterProvider(rig.meterProvider);
  onTestFinished(() => {
    trace.disable();
    metrics.disable();
  });
  return rig;
}

test('the recipe tells a connection, its end and its return', async () => {
  const rig = globalRig();
  const { openFiles } = await loadRecipe('docs/opentelemetry.md', 'observe');
  const mark = new ProcessMark();
  const everything = installed('@modelcontextprotocol/server-everything/dist/index.js');
  const { files, stop } = openFiles('env', [
    ...Object.entries(mark.env).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    everything,
    'stdio',
  ]);
  onTestFinished(() => files.terminate());
  await files.connect();
  await files.callTool({ name: 'echo', arguments: { message: 'hello' } });
  process.kill(mark.leader, 'SIGKILL');
  await files.waitFor(({ status }: { status: string }) => status !== 'connected');
  await files.waitFor('connected');
  stop();
  await files.terminate();
  const names = new Set(rig.spans.map(({ name }) => name));
  for (const name of [
    'tools/call echo',
    'lifeline.connect',
    'initialize',
    'lifeline.session',
    'lifeline.effect probe',
  ]) {
    expect(names).toContain(name);
  }
  expect((await rig.points()).get('lifeline.connection.losses')).toMatchObject([{ value: 1 }]);
});

test('the recipe passes the context of a trace on', async () => {
  const rig = globalRig();
  propagation.setGlobalPropagator({
    inject: (from, carrier, setter) =>
      setter.set(carrier, 'traceparent', trace.getSpanContext(from)?.spanId ?? ''),
    extract: (into) => into,
    fields: () => ['traceparent'],
  });
  onTestFinished(() => propagation.disable());
  const server = await ScriptedServer.start();
  onTestFinished(() => server.die());
  server.on('tools/call', (received) => answer(received, { content: [] }));
  const manager = new ConnectionManager({ name: 'library', server: { url: server.url } });
  onTestFinished(() => manager.terminate());
  await manager.connect();
  const { search } = await loadRecipe('docs/opentelemetry.md', 'propagate');
  const span = rig.tracerProvider.getTracer('the host').startSpan('work');
  await context.with(trace.setSpan(context.active(), span), () => search(manager, 'whales'));
  span.end();
  const [call] = server.of('tools/call');
  expect(JSON.parse(call?.body ?? '{}')).toMatchObject({
    params: { arguments: { query: 'whales' }, _meta: { traceparent: span.spanContext().spanId } },
  });
});
