import { context, propagation } from './api.js';

/**
 * The parameters of a request with the context of the active span in `_meta`, where the conventions put it: a server
 * that reads it makes its spans children of the span that is active here.
 *
 * `manager.callTool(withTraceContext({ name: 'search', arguments: { query } }))`
 */
export function withTraceContext<Params extends object>(
  params: Params,
): Params & { _meta?: { [key: string]: unknown } } {
  const carrier: { [key: string]: string } = {};
  propagation.inject(context.active(), carrier);
  if (Object.keys(carrier).length === 0) return params;
  const meta: unknown = Reflect.get(params, '_meta');
  return { ...params, _meta: { ...carrier, ...(typeof meta === 'object' && meta) } };
}
