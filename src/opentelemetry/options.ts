import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { PACKAGE } from '../package.js';
import { metrics, trace } from './api.js';

export interface TelemetryOptions {
  /** Default: the global one. */
  tracerProvider?: TracerProvider | undefined;
  /** Default: the global one. */
  meterProvider?: MeterProvider | undefined;
  /** Added to every span and measurement. Default: none. */
  attributes?: Attributes | undefined;
}

export function tracerOf({ tracerProvider }: TelemetryOptions) {
  return (tracerProvider ?? trace).getTracer(PACKAGE.name, PACKAGE.version);
}

export function meterOf({ meterProvider }: TelemetryOptions) {
  return (meterProvider ?? metrics).getMeter(PACKAGE.name, PACKAGE.version);
}
