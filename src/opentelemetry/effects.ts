import type { Span } from '@opentelemetry/api';
import type { InspectionEvent } from 'xstate';
import { wrongInError } from '../connection/wrong.js';
import { SpanKind, SpanStatusCode } from './api.js';
import { ATTRIBUTE } from './names.js';
import { type TelemetryOptions, tracerOf } from './options.js';

/**
 * Spans of what a chart does, from XState's inspection: one for each actor that a machine invokes, such as `probe`,
 * `restore`, `release` or `authorize`, from its start to its end. Give it as `inspect` to a connection, a pool, or an
 * actor of your own.
 */
export function traceEffects(options: TelemetryOptions = {}): (event: InspectionEvent) => void {
  const tracer = tracerOf(options);
  const open = new WeakMap<object, Span>();
  const names = new Map<string, string>();
  return (event) => {
    if (event.type !== '@xstate.snapshot') return;
    const { actorRef, snapshot, rootId } = event;
    if ('value' in snapshot) {
      // A machine: the states of a connection are told better by its own events.
      rememberName(names, rootId, actorRef.sessionId, snapshot);
      return;
    }
    const span = open.get(actorRef);
    if (span === undefined) {
      if (snapshot.status !== 'active') return;
      const name = names.get(rootId);
      const attributes = {
        ...options.attributes,
        ...(name !== undefined && { [ATTRIBUTE.connection]: name }),
      };
      const id: unknown = Reflect.get(actorRef, 'id');
      open.set(
        actorRef,
        // An effect comes from what happened to the chart, whoever's context that was in.
        tracer.startSpan(`lifeline.effect ${String(id)}`, {
          kind: SpanKind.INTERNAL,
          root: true,
          attributes,
        }),
      );
      return;
    }
    if (snapshot.status === 'active') return;
    open.delete(actorRef);
    if (snapshot.status === 'error') {
      span.setAttribute(ATTRIBUTE.errorType, wrongInError(snapshot.error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  };
}

/** A chart of ours has its connection's name in its context. */
function rememberName(names: Map<string, string>, rootId: string, id: string, snapshot: object): void {
  if (id !== rootId) return;
  const context: unknown = Reflect.get(snapshot, 'context');
  const name: unknown =
    typeof context === 'object' && context !== null ? Reflect.get(context, 'name') : undefined;
  if (typeof name === 'string') names.set(rootId, name);
  if (Reflect.get(snapshot, 'status') !== 'active') names.delete(rootId);
}
