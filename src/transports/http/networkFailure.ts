import { ConnectionError } from '../../errors.js';
import { showForeign } from '../../foreignText.js';

/** Failures before a byte of the request left: name resolution, connecting, TLS. */
const BEFORE_SENDING =
  /^(ENOTFOUND|EAI_|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_INVALID_URL)/;

/** This machine is short of something; the server has no part in it. */
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** The connection was cut; where it was kept alive from earlier, the request may never have been read. */
const RESET = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED']);

/**
 * The `ConnectionError` of a `fetch` that failed, or of a body that broke.
 *
 * `details.code` is the system's code where there is one; `details.reset` tells that an existing
 * connection was cut; `details.unsent` that the request surely never left.
 *
 * @param server what to call it in the message
 * @param redact takes secrets out of a text; without it, the message says no more than a code
 */
export function classifyNetworkFailure(
  error: unknown,
  server: string,
  redact?: (text: string) => string,
): ConnectionError {
  const system = findSystemError(error, 0);
  const code = system?.code;
  const details = {
    ...(code === undefined ? {} : { code }),
    reset: code !== undefined && RESET.has(code),
    unsent: code !== undefined && (BEFORE_SENDING.test(code) || system?.syscall === 'connect'),
  };
  const cause = system ?? error;
  if (code === 'ECONNREFUSED') {
    return new ConnectionError('CONNECTION_REFUSED', `${server} refused the connection`, { cause, details });
  }
  if (code !== undefined && EXHAUSTED.has(code)) {
    const message = `the system has run out of resources (${code}) for a connection to ${server}`;
    return new ConnectionError('RESOURCES_EXHAUSTED', message, { cause, details });
  }
  const reason = code ?? (redact === undefined ? '' : showForeign(causeOf(error), redact));
  const message = `the connection to ${server} failed${reason === '' ? '' : ` (${reason})`}`;
  return new ConnectionError('NETWORK_ERROR', message, { cause, details });
}

/** What `fetch` refused by itself ("bad port") it says in the cause; its own message says nothing. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
}

type SystemError = Error & { code: string; syscall?: unknown };

/** Where `fetch` hides what the system said: in the cause, or, of several addresses, in the errors. */
function findSystemError(error: unknown, depth: number): SystemError | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  if (isSystemError(error)) return error;
  const inner: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  for (const candidate of [error.cause, ...inner]) {
    const found = findSystemError(candidate, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSystemError(error: Error): error is SystemError {
  return 'code' in error && typeof error.code === 'string';
}
