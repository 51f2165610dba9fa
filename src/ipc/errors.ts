import { type IpcErrorCode, LifelineError } from '../errors.js';

/** Why a command and the daemon could not speak to each other, or not to the end. */
export class IpcError extends LifelineError {
  declare readonly code: IpcErrorCode;

  constructor(code: IpcErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A directory, file or socket that is not as private as it must be. It was left as it was found. */
export class UnsafePlaceError extends IpcError {
  readonly path: string;
  readonly found: string;
  readonly expected: string;

  constructor(path: string, found: string, expected: string) {
    super('UNSAFE_PLACE', `${path}: found ${found}, expected ${expected}; nothing was changed`);
    this.path = path;
    this.found = found;
    this.expected = expected;
  }
}

/** What each half says of itself in the hello. */
export interface Introduction {
  /** Version of the protocol between command and daemon. */
  readonly protocol: number;
  /** Version of the package. */
  readonly version: string;
  /** What the configuration and its environment come to. */
  readonly fingerprint: string;
}

/** The daemon runs another version of the package, or has another configuration. Nothing was dispatched. */
export class DaemonMismatchError extends IpcError {
  readonly ours: Introduction;
  readonly theirs: Introduction;

  constructor(ours: Introduction, theirs: Introduction) {
    super('DAEMON_MISMATCH', `the daemon is another one: ${differences(ours, theirs).join('; ')}`);
    this.ours = ours;
    this.theirs = theirs;
  }
}

/** The connection ended before the request was answered. */
export class PeerGoneError extends IpcError {
  /** False when it is certain that no byte of the request left this process; true when it may have arrived. */
  readonly wasSent: boolean;

  constructor(reason: string, wasSent: boolean, options?: ErrorOptions) {
    super('PEER_GONE', `${reason}; the request ${wasSent ? 'may have arrived' : 'was never sent'}`, options);
    this.wasSent = wasSent;
  }
}

/** The other half answered with an error. */
export class RequestFailedError extends IpcError {
  /** The JSON-RPC code. */
  readonly rpcCode: number;
  /** What the other half added, as it came. */
  readonly data: unknown;

  constructor(rpcCode: number, message: string, data: unknown) {
    super('REQUEST_FAILED', message);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** Whether the two can work together. */
export function isSame(one: Introduction, other: Introduction): boolean {
  return differences(one, other).length === 0;
}

function differences(ours: Introduction, theirs: Introduction): string[] {
  return (['protocol', 'version', 'fingerprint'] as const)
    .filter((field) => ours[field] !== theirs[field])
    .map((field) => `${field} ${theirs[field]}, ours is ${ours[field]}`);
}
