import type { Attributes, Context, Link, Span, Tracer } from '@opentelemetry/api';
import type { HealthStatus } from '../../machines/index.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import type { CallRecord } from '../connection/call.types.js';
import type { StateChange } from '../connection/monitor.js';
import type { ConnectionPhase, ConnectionStatus } from '../connection/state.js';
import { context, SpanKind, SpanStatusCode, trace } from './api.js';
import type { Instruments } from './instruments.js';
import { ATTRIBUTE } from './names.js';

/** What is recorded of, without what it could be used for. */
export type Recorded = Pick<ConnectionManager, 'endpoint' | 'failure' | 'health' | 'name' | 'state'>;

/** A phase as a span: the handshake is a request of the protocol, the others are ours. */
const PHASE_SPANS: { [phase in ConnectionPhase]: { name: string; method?: string } } = {
  queued: { name: 'lifeline.connect queued' },
  transportSetup: { name: 'lifeline.connect transportSetup' },
  handshakeStart: { name: 'initialize', method: 'initialize' },
  capabilityNegotiation: { name: 'lifeline.connect capabilityNegotiation' },
  healthCheck: { name: 'lifeline.connect healthCheck' },
};

/** Whatever comes after these is not a return of what was lost. */
const GIVEN_UP: ReadonlySet<ConnectionStatus> = new Set(['closing', 'disconnected', 'failed', 'terminated']);

/** Turns what a connection tells of itself into spans and measurements. Holds nothing that is not open. */
export class ConnectionRecorder {
  readonly #connection: Recorded;
  readonly #tracer: Tracer;
  readonly #instruments: Instruments;
  readonly #base: Attributes;
  #attempt: { span: Span; context: Context } | null = null;
  #phase: Span | null = null;
  #session: { span: Span; since: number; attributes: Attributes } | null = null;
  readonly #shown = new Map<'status' | 'health', string | undefined>();
  /** The session that was lost, for the attempts to come back. */
  #lost: Link | null = null;

  constructor(connection: Recorded, tracer: Tracer, instruments: Instruments, attributes: Attributes = {}) {
    this.#connection = connection;
    this.#tracer = tracer;
    this.#instruments = instruments;
    this.#base = {
      ...attributes,
      ...endpointAttributes(connection.endpoint),
      [ATTRIBUTE.connection]: connection.name,
    };
  }

  /** Begins with what is there already. */
  begin(): void {
    const { state, health } = this.#connection;
    this.#show('status', state.status);
    this.healthChanged(health);
    if (state.status === 'connected') this.#beginSession(state.info.protocolVersion, state.info.connectedAt);
  }

  changed({ from, to, at }: StateChange): void {
    this.#show('status', to.status);
    const isPhase = to.status === 'connecting' && from.status === 'connecting';
    if (from.status === 'connected') this.#endSession(to, at);
    if (from.status === 'connecting' && !isPhase) this.#endAttempt(to.status === 'connected', at);
    if (to.status === 'connecting') {
      if (!isPhase) this.#beginAttempt(to.retryCount, at);
      this.#beginPhase(to.phase, at);
    }
    if (to.status === 'connected') this.#beginSession(to.info.protocolVersion, at);
    if (GIVEN_UP.has(to.status)) this.#lost = null;
  }

  settled(call: CallRecord): void {
    const attributes: Attributes = { ...this.#attributes(), ...callAttributes(call) };
    this.#instruments.operationDuration.record(call.duration / 1_000, attributes);
    const endTime = Date.now();
    const about = call.name === undefined ? '' : ` ${call.name}`;
    // Told where the call settles: the context is the one that it was made in.
    const span = this.#tracer.startSpan(`${call.method}${about}`, {
      kind: SpanKind.CLIENT,
      startTime: endTime - call.duration,
      attributes: { ...attributes, [ATTRIBUTE.sessions]: call.sessions },
    });
    if (call.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime);
  }

  /** Nothing more comes: what is open ends here. */
  end(at: number): void {
    this.#phase?.end(at);
    this.#attempt?.span.end(at);
    this.#session?.span.end(at);
    this.#phase = this.#attempt = this.#session = null;
    this.#show('status', undefined);
    this.#show('health', undefined);
  }

  healthChanged(health: HealthStatus | null): void {
    this.#show('health', health?.status);
  }

  /** One of the words is so; a gauge keeps what it was told, so the one before has to be taken back. */
  #show(gauge: 'status' | 'health', word: string | undefined): void {
    const before = this.#shown.get(gauge);
    if (before === word) return;
    const tell = (value: number, told: string) =>
      this.#instruments[gauge].record(value, { ...this.#base, [ATTRIBUTE[gauge]]: told });
    if (before !== undefined) tell(0, before);
    if (word !== undefined) tell(1, word);
    this.#shown.set(gauge, word);
  }

  #attributes(): Attributes {
    return this.#session?.attributes ?? this.#base;
  }

  #beginAttempt(retryCount: number, at: number): void {
    // Who asks is the parent of the first; the others come when their time has come, for nobody's sake.
    const isAsked = retryCount === 0 && this.#lost === null;
    const span = this.#tracer.startSpan('lifeline.connect', {
      kind: SpanKind.INTERNAL,
      startTime: at,
      root: !isAsked,
      links: this.#lost === null ? [] : [this.#lost],
      attributes: { ...this.#base, [ATTRIBUTE.retryCount]: retryCount },
    });
    this.#attempt = { span, context: trace.setSpan(context.active(), span) };
  }

  #beginPhase(phase: ConnectionPhase, at: number): void {
    this.#phase?.end(at);
    const { name, method } = PHASE_SPANS[phase];
    const attributes = method === undefined ? this.#base : { ...this.#base, [ATTRIBUTE.method]: method };
    const kind = method === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT;
    this.#phase = this.#tracer.startSpan(name, { kind, startTime: at, attributes }, this.#attempt?.context);
  }

  #endAttempt(isConnected: boolean, at: number): void {
    const code = this.#connection.failure?.code;
    const problem = isConnected || code === undefined ? {} : { [ATTRIBUTE.errorType]: code };
    for (const span of [this.#phase, this.#attempt?.span]) endSpan(span, problem, at);
    this.#instruments.attempts.add(1, { ...this.#base, ...problem });
    this.#phase = this.#attempt = null;
  }

  #beginSession(protocolVersion: string, at: number): void {
    const attributes = { ...this.#base, [ATTRIBUTE.protocolVersion]: protocolVersion };
    const span = this.#tracer.startSpan('lifeline.session', {
      kind: SpanKind.INTERNAL,
      startTime: at,
      root: true,
      attributes,
    });
    if (this.#lost !== null) {
      span.addLink(this.#lost);
      this.#instruments.reconnections.add(1, this.#base);
    }
    this.#lost = null;
    this.#session = { span, since: at, attributes };
  }

  #endSession(to: StateChange['to'], at: number): void {
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    const code = to.status === 'closing' ? undefined : this.#connection.failure?.code;
    const problem = code === undefined ? {} : { [ATTRIBUTE.errorType]: code };
    this.#instruments.sessionDuration.record((at - session.since) / 1_000, {
      ...session.attributes,
      ...problem,
    });
    if (code !== undefined) {
      this.#instruments.losses.add(1, { ...this.#base, ...problem });
      this.#lost = { context: session.span.spanContext() };
    }
    endSpan(session.span, problem, at);
  }
}

function endSpan(span: Span | undefined | null, problem: Attributes, at: number): void {
  span?.setAttributes(problem);
  if (Object.keys(problem).length > 0) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end(at);
}

function endpointAttributes({ transport, host, port }: Recorded['endpoint']): Attributes {
  if (transport === 'stdio') return { [ATTRIBUTE.transport]: 'pipe' };
  if (host === null || port === null) return {};
  return { [ATTRIBUTE.transport]: 'tcp', [ATTRIBUTE.address]: host, [ATTRIBUTE.port]: port };
}

function callAttributes({ method, name, error }: CallRecord): Attributes {
  const isTool = method === 'tools/call';
  return {
    [ATTRIBUTE.method]: method,
    ...(isTool && { [ATTRIBUTE.operation]: 'execute_tool' }),
    ...(name !== undefined && { [isTool ? ATTRIBUTE.tool : ATTRIBUTE.prompt]: name }),
    ...(error !== undefined && { [ATTRIBUTE.errorType]: error }),
    ...(error !== undefined && /^-?\d+$/.test(error) && { [ATTRIBUTE.responseCode]: error }),
  };
}
