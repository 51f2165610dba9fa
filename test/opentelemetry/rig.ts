/** OpenTelemetry's own SDK, with everything it would export in memory. */
import { type Attributes, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

export interface Point {
  attributes: Attributes;
  /** Of a histogram, how much and how often; of the others the value. */
  value: number;
  count: number | null;
  boundaries: readonly number[] | null;
}

export class TelemetryRig {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#metrics });
  readonly tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#spans)],
  });
  readonly meterProvider = new MeterProvider({ readers: [this.#reader] });

  constructor() {
    const contexts = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(contexts);
    onTestFinished(async () => {
      context.disable();
      contexts.disable();
      await this.tracerProvider.shutdown();
      await this.meterProvider.shutdown();
    });
  }

  /** The spans that have ended. */
  get spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** Those of this name. */
  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The only one of this name. */
  one(name: string): ReadableSpan {
    const [span, ...more] = this.named(name);
    if (span === undefined || more.length > 0) {
      throw new Error(
        `${more.length + (span === undefined ? 0 : 1)} spans '${name}' of ${this.spans.map((each) => each.name).join(', ')}`,
      );
    }
    return span;
  }

  /** The measurements of each instrument now. */
  async points(): Promise<ReadonlyMap<string, readonly Point[]>> {
    this.#metrics.reset();
    await this.#reader.forceFlush();
    const all = this.#metrics
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    return new Map(
      all.map((metric) => [
        metric.descriptor.name,
        metric.dataPointType === DataPointType.HISTOGRAM
          ? metric.dataPoints.map(({ attributes, value }) => ({
              attributes,
              value: value.sum ?? 0,
              count: value.count,
              boundaries: value.buckets.boundaries,
            }))
          : metric.dataPoints.map(({ attributes, value }) => ({
              attributes,
              value: typeof value === 'number' ? value : Number.NaN,
              count: null,
              boundaries: null,
            })),
      ]),
    );
  }
}
