import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { CallOptions, CallRecord } from '../../src/connection/call.types.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { seededRandom } from '../../src/testing/seededRandom.js';
import type { SteppingClock } from '../../src/testing/steppingClock.js';
import { CallTransport, type SentCall } from './callTransport.js';

/** `tool`: must not be sent twice. `harmless tool`: declared idempotent. `read`: a read of the protocol.
 * `run`: two tools, one after the other, as one call. */
export type CallKind = 'tool' | 'harmless tool' | 'read' | 'run';

/** A call that was made, and what became of it. */
export interface MadeCall {
  readonly kind: CallKind;
  /** Unique; in everything the call sends, and in its result. */
  readonly name: string;
  readonly controller: AbortController;
  /** Monotonic reading at which it must have settled. */
  readonly deadline: number;
  /** Times it was settled. */
  settlements: number;
  outcome: { fulfilled: unknown } | { rejected: unknown } | null;
}

/** A real manager with real sessions over scripted transports, and a record of every call. */
export class CallRig {
  readonly clock: SteppingClock;
  readonly transports: CallTransport[] = [];
  readonly made: MadeCall[] = [];
  /** Everything a server may have got, in order. */
  readonly sent: SentCall[] = [];
  readonly records: CallRecord[] = [];
  readonly manager: ConnectionManager;

  constructor(clock: SteppingClock, config: ConnectionConfig = {}) {
    this.clock = clock;
    this.manager = new ConnectionManager({
      name: 'called',
      ...config,
      clock,
      random: seededRandom(1),
      server: () => {
        const transport = new CallTransport((call) => this.sent.push(call));
        this.transports.push(transport);
        return transport;
      },
    });
    this.manager.on('call', (record) => this.records.push(record));
  }

  /** The newest transport. */
  get transport(): CallTransport | undefined {
    return this.transports.at(-1);
  }

  get pending(): MadeCall[] {
    return this.made.filter(({ outcome }) => outcome === null);
  }

  /** Times something of the call was sent that must not be sent twice. */
  sendings(name: string): number {
    return this.sent.filter((sent) => sent.name === name).length;
  }

  call(kind: CallKind, timeout: number): MadeCall {
    const controller = new AbortController();
    const call: MadeCall = {
      kind,
      name: `call-${this.made.length + 1}`,
      controller,
      deadline: this.clock.now() + timeout,
      settlements: 0,
      outcome: null,
    };
    this.made.push(call);
    const options: CallOptions = { timeout, signal: controller.signal };
    this.#start(call, options).then(
      (fulfilled) => {
        call.settlements += 1;
        call.outcome = { fulfilled };
      },
      (rejected: unknown) => {
        call.settlements += 1;
        call.outcome = { rejected };
      },
    );
    return call;
  }

  #start({ kind, name }: MadeCall, options: CallOptions): Promise<unknown> {
    const { manager } = this;
    switch (kind) {
      case 'tool':
        return manager.callTool({ name }, options);
      case 'harmless tool':
        return manager.callTool({ name }, { ...options, idempotent: true });
      case 'read':
        return manager.readResource({ uri: name }, options);
      case 'run':
        return manager.run(async (client) => {
          const first = await client.callTool({ name: `${name}/1` });
          return [first, await client.callTool({ name: `${name}/2` })];
        }, options);
    }
  }
}

/** What a server answers that was told to. */
export function answerOf({ request, name }: SentCall): { [key: string]: unknown } {
  return request.method === 'tools/call'
    ? { content: [{ type: 'text', text: name }] }
    : { contents: [{ uri: name, text: name }] };
}
