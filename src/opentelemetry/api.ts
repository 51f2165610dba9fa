/** The only file that loads OpenTelemetry's API: an optional peer. */
const api = await import('@opentelemetry/api').catch((cause: unknown) => {
  throw new Error(
    "mcp-lifeline/opentelemetry needs OpenTelemetry's API, which is not installed: npm install @opentelemetry/api",
    { cause },
  );
});

export const { context, metrics, propagation, SpanKind, SpanStatusCode, trace } = api;
