import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { type BodyStage, endingWith, stageBody } from './body.js';
import { EventStreamStage } from './eventStream.js';
import type { Exchange } from './exchanges.js';
import type { HttpClock } from './http.types.js';
import { ResumptionPace, SETTLED_AFTER } from './pace.js';
import { streamEndData } from './streamEnd.js';

/** A stream of events, over all the connections that carry it one after the other. */
export interface ResponseStream {
  readonly number: number;
  /** Whether it is the one the server opens nothing else for (GET), or the reply to a POST. */
  readonly isStandalone: boolean;
  /** Requests that wait for an answer on it. */
  readonly requests: Set<RequestId>;
  /** Where to go on; null as long as the server named no event. */
  lastEventId: string | null;
  readonly pace: ResumptionPace;
  /** What its last connection broke with; undefined after one that ended in order. */
  failure: unknown;
}

/** The streams of one session, and which requests wait on which. */
export class ResponseStreams {
  readonly standalone: ResponseStream;
  readonly #clock: HttpClock;
  readonly #random: () => number;
  readonly #byNumber = new Map<number, ResponseStream>();
  readonly #byEventId = new Map<string, ResponseStream>();
  readonly #byRequest = new Map<RequestId, ResponseStream>();
  #count = 0;

  constructor(clock: HttpClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.standalone = this.#create(true);
  }

  /** A stream that is to answer these requests. */
  reply(ids: readonly RequestId[]): ResponseStream {
    const stream = this.#create(false);
    for (const id of ids) {
      stream.requests.add(id);
      this.#byRequest.set(id, stream);
    }
    return stream;
  }

  /** The stream that goes on after an event; without an event, the standalone one. */
  resuming(lastEventId: string | null): ResponseStream {
    if (lastEventId === null) return this.standalone;
    return this.#byEventId.get(lastEventId) ?? this.adopt(lastEventId, []);
  }

  /** A stream of an earlier session that is to go on in this one. */
  adopt(lastEventId: string, ids: readonly RequestId[]): ResponseStream {
    const stream = this.reply(ids);
    this.#advance(stream, lastEventId);
    return stream;
  }

  withNumber(number: number): ResponseStream | undefined {
    return this.#byNumber.get(number);
  }

  /** The request is answered, or nobody waits for it. */
  settle(id: RequestId): void {
    this.#byRequest.get(id)?.requests.delete(id);
    this.#byRequest.delete(id);
  }

  /** Forgets a stream that will not be resumed. */
  forget(stream: ResponseStream): void {
    for (const id of stream.requests) this.#byRequest.delete(id);
    stream.requests.clear();
    if (stream.isStandalone) return;
    this.#byNumber.delete(stream.number);
    if (stream.lastEventId !== null) this.#byEventId.delete(stream.lastEventId);
  }

  /** `response` as the SDK gets it, now that it carries `stream`. */
  carry(stream: ResponseStream, response: Response, { request, end }: Exchange): Response {
    const stage = endingWith(this.#stage(stream), () => {
      end();
      // Left, not broken off: it is not gone on with.
      if (request.signal?.aborted) this.forget(stream);
    });
    return stageBody(response, stage, request.signal);
  }

  #create(isStandalone: boolean): ResponseStream {
    const stream: ResponseStream = {
      number: this.#count,
      isStandalone,
      requests: new Set(),
      lastEventId: null,
      pace: new ResumptionPace(this.#random),
      failure: undefined,
    };
    this.#count += 1;
    this.#byNumber.set(stream.number, stream);
    return stream;
  }

  #stage(stream: ResponseStream): BodyStage {
    let isBarren = true;
    const { pace } = stream;
    pace.opened();
    const settling = this.#clock.setTimeout(() => pace.settled(), SETTLED_AFTER);
    return new EventStreamStage(
      {
        event: ({ id, hasData }) => {
          if (id !== null) this.#advance(stream, id);
          if (hasData) isBarren = false;
        },
        retry: (milliseconds) => pace.requested(milliseconds),
        ended: (failure) => {
          this.#clock.clearTimeout(settling);
          stream.failure = failure;
          pace.ended({ isBarren, isBroken: failure !== undefined });
          return streamEndData(stream.number);
        },
      },
      stream.lastEventId,
    );
  }

  #advance(stream: ResponseStream, eventId: string): void {
    if (stream.lastEventId !== null) this.#byEventId.delete(stream.lastEventId);
    stream.lastEventId = eventId;
    this.#byEventId.set(eventId, stream);
  }
}
