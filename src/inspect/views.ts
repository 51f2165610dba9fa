import { showForeign } from '../foreignText.js';
import { activePaths } from '../graph/stateNodes.js';
import type { CallEntry, ConnectionDetail, ConnectionRow, Fault, Statistics } from './frames.types.js';
import type { Recorder } from './Recorder.js';

/** Characters of a text that others can have written. */
const LONGEST = 400;
/** Characters of a word in a list. */
const LONGEST_WORD = 100;

/** Makes a text of others fit to leave: without secrets, on one line, short. */
export type Show = (text: string, longest?: number) => string;

/** @param redact takes out secrets that connections do not know as such; their own are out already */
export function showWith(redact: (text: string) => string): Show {
  return (text, longest = LONGEST) => showForeign(text, redact, longest);
}

/** A server that nobody has used yet, or not any more. */
export function restingRow(name: string, fault: Fault | null, show: Show): ConnectionRow {
  return {
    name,
    status: 'disconnected',
    phase: null,
    health: null,
    since: null,
    latency: null,
    retries: 0,
    retryAt: null,
    error: faultOf(fault, show),
    isBegun: false,
  };
}

/** Whether anybody has wanted it yet: whoever only looks is not the first to start its server. */
export function wasUsed({ state, stats }: Recorder['manager']): boolean {
  return stats.attempts > 0 || state.status !== 'disconnected';
}

export function rowOf(name: string, recorder: Recorder, show: Show): ConnectionRow {
  const { manager, since, retryAt } = recorder;
  const { state, health } = manager;
  return {
    name,
    status: state.status,
    phase: state.status === 'connecting' ? state.phase : null,
    health: health?.status ?? null,
    since,
    latency: manager.stats.probes.lastLatency,
    retries: manager.actor.getSnapshot().context.attempts,
    retryAt,
    error: state.status === 'connected' ? null : faultOf(manager.failure, show),
    isBegun: state.status !== 'terminated' && wasUsed(manager),
  };
}

export function detailOf(name: string, recorder: Recorder, show: Show): ConnectionDetail {
  const { manager, transitions, timeline, calls } = recorder;
  const snapshot = manager.actor.getSnapshot();
  const { health } = manager;
  const { answer } = snapshot.context;
  return {
    name,
    states: activePaths(snapshot),
    healthReason: health !== null && 'reason' in health ? show(health.reason) : null,
    server:
      answer === null
        ? null
        : { name: show(answer.serverInfo.name), version: show(answer.serverInfo.version) },
    protocolVersion: answer === null ? null : show(answer.protocolVersion),
    transitions: transitions.latest,
    timeline: timeline.latest.map((entry) => ({ ...entry, text: show(entry.text) })),
    calls: calls.latest.map((entry) => callOf(entry, show)),
    statistics: statisticsOf(manager),
  };
}

function callOf(entry: CallEntry, show: Show): CallEntry {
  const { method, name, error } = entry;
  return {
    ...entry,
    method: show(method, LONGEST_WORD),
    name: name === null ? null : show(name, LONGEST_WORD),
    error: error === null ? null : show(error, LONGEST_WORD),
  };
}

function faultOf(fault: Fault | null, show: Show): Fault | null {
  return fault === null ? null : { code: fault.code, message: show(fault.message) };
}

function statisticsOf({ stats }: Recorder['manager']): Statistics {
  const { connects, reconnections, attempts, probes, calls, disconnects, timeIn } = stats;
  return {
    connects,
    reconnections,
    attempts,
    probesPassed: probes.passed,
    probesFailed: probes.failed,
    meanLatency: probes.meanLatency,
    callsAccepted: calls.accepted,
    callsSucceeded: calls.succeeded,
    callsFailed: calls.failed,
    callsCancelled: calls.cancelled,
    callsInFlight: calls.inFlight,
    callsWaiting: calls.waiting,
    disconnects,
    timeIn,
  };
}
