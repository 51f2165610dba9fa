/** Which way a message goes, as whoever uses the transport sees it. */
export type Direction = 'sent' | 'received';

/**
 * The messages that have the fault. They are counted in their direction, from 1; with `method`, only those that are
 * of this method, or that answer a request of it.
 */
export interface FaultPlace {
  readonly on: Direction;
  /** The first message that has it: 1 is the first there is. */
  readonly at: number;
  /** How many messages in a row have it. Default 1. */
  readonly times?: number | 'always';
  /** As `tools/call` or `notifications/progress`. Default: any. */
  readonly method?: string;
}

/** What becomes of a message. */
export type FaultDeed =
  /** It never arrives, and nobody is told. */
  | { readonly do: 'drop' }
  /** It arrives so many milliseconds later; others overtake it. */
  | { readonly do: 'delay'; readonly by: number }
  /** It arrives, and then arrives again, `copies` times more, 10,000 at most. Default 1. */
  | { readonly do: 'duplicate'; readonly copies?: number }
  /**
   * It arrives damaged. `text` (the default): as something that is no JSON-RPC, which is reported to `onerror` where
   * it was received. `id`: with the id of no request, or where it has none, with the name of no method. `body`: all
   * in its parameters or its result is `null`, and an error is another one.
   */
  | { readonly do: 'garble'; readonly how?: GarbledPart }
  /** Sending it rejects; in place of what was received, `onerror` is told. The transport stays open. */
  | { readonly do: 'fail' }
  /** From this message on nothing arrives, in either direction, and nobody is told. Sending resolves. */
  | { readonly do: 'hang' }
  /** The transport closes; the message is lost. */
  | { readonly do: 'close' };

export type GarbledPart = 'text' | 'id' | 'body';

/** A fault of a transport, as plain data. */
export type TransportFault = FaultPlace & FaultDeed;

/** Of several faults that fit a message, it has the first. Plain data: print it with `JSON.stringify`. */
export type FaultPlan = readonly TransportFault[];

/** A fault that a message had. */
export interface HappenedFault {
  readonly fault: TransportFault;
  /** Which message of its direction it was, counted from 1 over all methods. */
  readonly message: number;
  /** Of the message, or of the request that it answers; null where none is known. */
  readonly method: string | null;
}

export const FAULT_KINDS = ['drop', 'delay', 'duplicate', 'garble', 'fail', 'hang', 'close'] as const;
export type FaultKind = FaultDeed['do'];
