import { IpcError } from '../../ipc/errors.js';

/** The time of a request was over before it was answered. */
export class RequestLateError extends IpcError {
  /** False when no daemon had been reached yet. */
  readonly wasSent: boolean;

  constructor(words: string, wasSent: boolean) {
    super('REQUEST_TIMEOUT', words);
    this.wasSent = wasSent;
  }
}
