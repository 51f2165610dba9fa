import type { Counter, Gauge, Histogram } from '@opentelemetry/api';
import { BUCKETS, METRIC } from './names.js';
import { meterOf, type TelemetryOptions } from './options.js';

export interface Instruments {
  operationDuration: Histogram;
  sessionDuration: Histogram;
  attempts: Counter;
  losses: Counter;
  reconnections: Counter;
  status: Gauge;
  health: Gauge;
}

export function createInstruments(options: TelemetryOptions): Instruments {
  const meter = meterOf(options);
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BUCKETS } });
  return {
    operationDuration: seconds(
      METRIC.operationDuration,
      'Duration of a call, from its acceptance to its settlement.',
    ),
    sessionDuration: seconds(
      METRIC.sessionDuration,
      'Duration of a session, from when it could be used to when it could not.',
    ),
    attempts: meter.createCounter(METRIC.attempts, {
      description: 'Attempts to connect that have ended, by what was wrong with them.',
      unit: '{attempt}',
    }),
    losses: meter.createCounter(METRIC.losses, {
      description: 'Sessions that ended and were not asked to.',
      unit: '{session}',
    }),
    reconnections: meter.createCounter(METRIC.reconnections, {
      description: 'Times a lost connection was there again.',
      unit: '{session}',
    }),
    status: meter.createGauge(METRIC.status, {
      description: '1 for the status that the connection has, 0 for those that it had.',
      unit: '1',
    }),
    health: meter.createGauge(METRIC.health, {
      description: '1 for the health that the connection has, 0 for what it had.',
      unit: '1',
    }),
  };
}
