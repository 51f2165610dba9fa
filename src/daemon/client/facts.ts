import type { RequestFailedError } from '../../ipc/errors.js';

/** What the daemon said of a failure beside its message, field by field; see `DaemonFaultData`. */
export function factsOf({ data }: RequestFailedError): { readonly [field: string]: unknown } {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
