import type { ModelTransport } from '../model/connectionModel.types.js';
import type { Claim } from '../model/stories.js';
import type { ServerToConnect } from './server/ControlledServer.js';

/** What is certified: one connection of somebody's manager to one server, in a few words. */
export interface Subject {
  /** Resolves when connected. `server` is the same that `createSubject` was given. */
  connect(server: ServerToConnect): Promise<unknown>;
  /** Resolves when everything is over. */
  close(): Promise<unknown>;
  /**
   * Calls a tool. Resolves with its answer in whatever shape, and rejects otherwise; an answer with `isError: true` counts
   * as a rejection. `repeatable`: its caller says that it may be executed more than once.
   */
  call(name: string, args: { key: string }, options: { repeatable: boolean }): Promise<unknown>;
  /** `'connected'` while it says that it is, `'failed'` when it has given up, any other word otherwise. */
  state?(): string;
  /** Tells each change of the state. Needs `state`. */
  onChange?(listener: (state: string) => void): unknown;
}

/** What a subject is made for. */
export interface SubjectTask {
  /** `{ command, args }` or `{ url }`. */
  server: ServerToConnect;
  transport: ModelTransport;
  /** Milliseconds in which everything has to show. Limits of the subject's own should be a third of it or less. */
  patience: number;
  /** How long a server may be away: `few` means that the story is about giving up, soon. */
  retries: 'many' | 'few';
}

export interface Adapter {
  createSubject(task: SubjectTask): Subject | Promise<Subject>;
  /** What the subject is called in reports. Default: the name of the adapter's file. */
  name?: string;
  /**
   * What it promises beside what all have to do; the stories about the rest are not applicable to it. `joins`: it can
   * be asked to connect while it is connected or about to be. `reopens`: it can connect after `close`. `recovers`: after a
   * loss it connects again by itself, at once or for the next call. `replaces`: it notices a server that hangs. `givesUp`:
   * it ends its tries after a while; needs `state`.
   */
  claims?: { readonly [name in Claim]?: boolean };
  /** Default: both. */
  transports?: readonly ModelTransport[];
}
