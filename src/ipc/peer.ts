import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../clock.js';
import { messageOf } from '../errors.js';
import { closeSoftly } from './closeSoftly.js';
import { IpcError, PeerGoneError, RequestFailedError } from './errors.js';
import { encodeFrame, type Flaw, FrameReader } from './frames.js';
import { type Answer, IncomingRequests, type RequestHandler } from './incomingRequests.js';
import {
  CANCEL,
  FAULTS,
  LEAVING,
  type Message,
  type Notification,
  PROGRESS,
  RESERVED,
  type Request,
  type RequestId,
} from './messages.js';
import { Outbox, type Outgoing } from './outbox.js';
import { OutgoingRequests, type RequestOptions } from './outgoingRequests.js';

export interface PeerLimits {
  /** Longest frame in bytes, in either direction. Default 64 MiB */
  frame?: number;
  /**
   * Bytes that may wait for the other half to read. If more wait already when a frame is added, the connection is
   * dropped, so at most this and one frame are kept. Default 64 MiB
   */
  queue?: number;
  /** Milliseconds from the first byte of a frame to its end. One that takes longer ends the connection. Default 30 s */
  frameTime?: number;
  /** Requests in flight, in each direction. More are refused one by one. Default 10,000 */
  inFlight?: number;
}

export interface PeerOptions {
  limits?: PeerLimits;
  /** Default: every method is unknown. */
  handle?: RequestHandler;
  onnotification?(method: string, params: unknown): void;
  /** Told what handlers threw and the other half is not told. Default: nobody is */
  onfault?(error: unknown): void;
  clock?: Clock;
}

export const DEFAULT_LIMITS: Required<PeerLimits> = {
  frame: 64 * 1024 * 1024,
  queue: 64 * 1024 * 1024,
  frameTime: 30_000,
  inFlight: 10_000,
};

/**
 * One half of an open connection: requests, notifications, progress and cancellation, both ways. When the connection
 * ends, whatever was in flight settles: own requests reject with a `PeerGoneError`, the signals of those of the
 * other half abort.
 */
export class Peer {
  /** Resolves when the connection is over, with why. */
  readonly closed: Promise<IpcError>;
  readonly #socket: Duplex;
  readonly #limits: Required<PeerLimits>;
  readonly #clock: Clock;
  readonly #options: PeerOptions;
  readonly #outbox: Outbox;
  readonly #outgoing: OutgoingRequests;
  readonly #incoming: IncomingRequests;
  #over: IpcError | null = null;
  /** The frame that is on its way in, and what ends the connection if it does not come. */
  #unfinished: number | null = null;
  #frameTimer: unknown = null;
  /** The other half takes nothing new. */
  #isDismissed = false;
  #onclosed: (reason: IpcError) => void = () => {};

  constructor(socket: Duplex, options: PeerOptions = {}) {
    this.#socket = socket;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#onclosed = resolve;
    });
    this.#outbox = new Outbox(socket);
    this.#outgoing = new OutgoingRequests(this.#clock, (id, frame) => this.#withdraw(id, frame));
    this.#incoming = new IncomingRequests({
      limit: this.#limits.inFlight,
      handle: options.handle ?? refuse,
      answer: (id, answer) => this.#answer(id, answer),
      progress: (id, value) => this.notify(PROGRESS, { id, value }),
      fault: (error) => this.#fault(error),
    });
    this.#listen();
  }

  /** Whether a request would go out. */
  get isOpen(): boolean {
    return this.#over === null && !this.#isDismissed;
  }

  /** Requests of the other half that are being carried out, own ones that wait, bytes that were not taken yet. */
  get counts(): { incoming: number; outgoing: number; queuedBytes: number } {
    const [incoming, outgoing] = [this.#incoming.size, this.#outgoing.size];
    return { incoming, outgoing, queuedBytes: this.#outbox.bytes };
  }

  /**
   * Has the other half carry something out.
   *
   * @throws RequestFailedError what the other half answered
   * @throws PeerGoneError when the connection ended before the answer
   * @throws IpcError `REQUEST_TIMEOUT`; `TOO_MANY_IN_FLIGHT`, or `IPC_PROTOCOL` for what is no JSON or too large:
   *   then nothing was sent
   * @throws the reason of the signal
   */
  async request(method: string, params?: unknown, options: RequestOptions = {}): Promise<unknown> {
    options.signal?.throwIfAborted();
    if (this.#over !== null) throw new PeerGoneError(this.#over.message, false, { cause: this.#over });
    if (this.#isDismissed) throw new PeerGoneError('the other side is leaving', false);
    const { inFlight } = this.#limits;
    if (this.#outgoing.size >= inFlight) {
      throw new IpcError('TOO_MANY_IN_FLIGHT', `${method}: ${inFlight} requests wait for answers already`);
    }
    const id = this.#outgoing.next();
    const bytes = this.#encode({ jsonrpc: '2.0', id, method, ...given(params) }, method);
    const frame: Outgoing = { bytes, isHanded: false };
    const answer = this.#outgoing.add(id, method, frame, options);
    this.#send(frame);
    const settled = () => this.#leaveWhenDone();
    answer.then(settled, settled);
    return answer;
  }

  /**
   * Tells the other half something; nothing if the connection is over.
   *
   * @throws IpcError `IPC_PROTOCOL` when it is no JSON or too large
   */
  notify(method: string, params?: unknown): void {
    if (this.#over !== null) return;
    this.#send(this.#frame({ jsonrpc: '2.0', method, ...given(params) }, method));
  }

  /**
   * Asks the other half to end the connection. What it has sent before it hears that is still carried out or refused, so
   * that it knows what became of it.
   */
  dismiss(): void {
    this.notify(LEAVING);
  }

  /**
   * Ends the connection; what was sent before still goes out. What is in flight does not: who cares waits for it first.
   *
   * @param reason what `closed` and the errors of own requests say
   */
  close(reason = 'the connection was closed'): void {
    this.#finish(new IpcError('PEER_GONE', reason));
  }

  #listen(): void {
    const reader = new FrameReader(
      this.#limits.frame,
      (message) => this.#receive(message),
      (flaw) => this.#refuse(flaw),
    );
    const socket = this.#socket;
    let failure: Error | undefined;
    const gone = () => this.#gone(failure);
    socket.on('error', (error) => {
      failure = error;
    });
    // It may have ended before anybody listened.
    if (socket.destroyed || socket.readableEnded) process.nextTick(gone);
    socket.on('data', (chunk: Buffer) => {
      if (this.#over !== null) return;
      reader.push(chunk);
      this.#expectEnd(reader.unfinished);
    });
    socket.once('end', gone);
    socket.once('close', gone);
    socket.resume();
  }

  /** Whoever stops in the middle of a frame would be a client for ever. */
  #expectEnd(frame: number | null): void {
    if (frame === this.#unfinished && this.#over === null) return;
    this.#clock.clearTimeout(this.#frameTimer);
    this.#unfinished = frame;
    if (frame === null || this.#over !== null) return;
    const { frameTime } = this.#limits;
    const message = `a frame that did not end within ${frameTime} ms`;
    this.#frameTimer = this.#clock.setTimeout(
      () => this.#refuse({ code: FAULTS.invalidRequest, message }),
      frameTime,
    );
  }

  #receive(message: Message): void {
    // An earlier message of the same chunk may have ended it.
    if (this.#over !== null) return;
    if (!('method' in message)) {
      if ('error' in message && message.id === null)
        this.#finish(new IpcError('IPC_PROTOCOL', message.error.message));
      else this.#outgoing.answered(message);
    } else if ('id' in message) this.#accept(message);
    else this.#heed(message);
  }

  #accept(request: Request): void {
    if (this.#incoming.has(request.id)) {
      this.#refuse({
        code: FAULTS.invalidRequest,
        message: 'found an id that is in use, expected one of its own for each request',
      });
    } else if (request.method.startsWith(RESERVED)) {
      this.#answer(request.id, { error: unknownMethod(request.method) });
    } else this.#incoming.accept(request);
  }

  #heed({ method, params }: Notification): void {
    try {
      if (method === CANCEL) {
        const id = memberOf(params, 'id');
        if (typeof id === 'number' || typeof id === 'string') this.#incoming.cancel(id);
      } else if (method === PROGRESS) {
        this.#outgoing.progressed(memberOf(params, 'id'), memberOf(params, 'value'));
      } else if (method === LEAVING) {
        this.#isDismissed = true;
        this.#leaveWhenDone();
      } else if (!method.startsWith(RESERVED)) this.#options.onnotification?.(method, params);
    } catch (error) {
      this.#fault(error);
    }
  }

  #leaveWhenDone(): void {
    if (this.#isDismissed && this.#outgoing.size === 0) this.close('the other side is leaving');
  }

  #answer(id: RequestId, answer: Answer): void {
    if (this.#over !== null) return;
    let frame: Outgoing;
    try {
      frame = this.#frame({ jsonrpc: '2.0', id, ...answer }, 'the answer');
    } catch (error) {
      const fault = {
        code: FAULTS.answerTooLarge,
        message: messageOf(error),
        data: { code: 'IPC_PROTOCOL' },
      };
      frame = this.#frame({ jsonrpc: '2.0', id, error: fault }, 'the answer');
    }
    this.#send(frame);
  }

  /** The request is not wanted any more: if it is still here, it need not go out. */
  #withdraw(id: number, frame: Outgoing): void {
    if (!this.#outbox.take(frame)) this.notify(CANCEL, { id });
  }

  #send(frame: Outgoing): void {
    const { queue } = this.#limits;
    if (this.#outbox.bytes <= queue) {
      this.#outbox.add(frame);
      return;
    }
    const reason = `the other side does not read: more than ${queue} bytes wait for it`;
    this.#finish(new IpcError('PEER_GONE', reason));
    this.#socket.destroy();
  }

  #frame(message: Message, what: string): Outgoing {
    return { bytes: this.#encode(message, what), isHanded: false };
  }

  #encode(message: Message, what: string): Buffer {
    let bytes: Buffer;
    try {
      bytes = encodeFrame(message);
    } catch (cause) {
      throw new IpcError('IPC_PROTOCOL', `${what}: found what is no JSON`, { cause });
    }
    const { frame } = this.#limits;
    if (bytes.length - 1 <= frame) return bytes;
    throw new IpcError('IPC_PROTOCOL', `${what}: found ${bytes.length} bytes, expected at most ${frame}`);
  }

  #refuse({ code, message }: Flaw): void {
    if (this.#over !== null) return;
    this.#outbox.add(this.#frame({ jsonrpc: '2.0', id: null, error: { code, message } }, 'the refusal'));
    this.#finish(new IpcError('IPC_PROTOCOL', message));
  }

  #gone(failure: Error | undefined): void {
    const reason =
      failure === undefined ? 'the other side is gone' : `the connection broke: ${failure.message}`;
    this.#finish(new IpcError('PEER_GONE', reason, { cause: failure }));
  }

  #finish(reason: IpcError): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#expectEnd(null);
    this.#outgoing.lose(reason.message, reason);
    this.#outbox.flush();
    closeSoftly(this.#socket, this.#clock);
    this.#onclosed(reason);
    this.#incoming.abort(reason);
  }

  #fault(error: unknown): void {
    this.#options.onfault?.(error);
  }
}

function unknownMethod(method: string) {
  return { code: FAULTS.methodNotFound, message: `unknown method ${method.slice(0, 100)}` };
}

function refuse(method: string): never {
  const { code, message } = unknownMethod(method);
  throw new RequestFailedError(code, message, undefined);
}

/** JSON has no undefined. */
function given(params: unknown): { params?: unknown } {
  return params === undefined ? {} : { params };
}

function memberOf(value: unknown, name: 'id' | 'value'): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
