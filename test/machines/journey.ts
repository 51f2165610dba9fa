import { type Actor, createActor, fromCallback, fromPromise, type StateValue } from 'xstate';
import {
  type ConnectionCommand,
  type ConnectionContext,
  type ConnectionErrorCode,
  type ConnectionEvent,
  type ConnectionHandle,
  type ConnectionInput,
  connectionMachine,
  type ProbeInput,
  type ProbeOutput,
  type ReleaseOutput,
  type SessionCommand,
  type SessionFact,
  type SessionInput,
} from '../../machines/index.js';
import { resolveConfig } from '../../src/connection/config.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { ConnectionError } from '../../src/errors.js';
import { actorErrorEventType } from '../../src/eventNames.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** How a one-shot actor ends, when the journey says so. */
class Ending<Output> {
  readonly #name: string;
  #running: { resolve(output: Output): void; reject(error: Error): void } | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  start(): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
    });
  }

  async end(output: Output): Promise<void> {
    this.#take().resolve(output);
    await settle();
  }

  async fail(message: string): Promise<void> {
    await this.failWith(new Error(message));
  }

  async failWith(error: Error): Promise<void> {
    this.#take().reject(error);
    await settle();
  }

  #take() {
    const running = this.#running;
    if (running === null) throw new Error(`no '${this.#name}' is running`);
    this.#running = null;
    return running;
  }
}

/** The raw chart with actors that do what the journey says, on a clock that stands still meanwhile. */
export class Journey {
  readonly clock = new SteppingClock();
  readonly actor: Actor<typeof connectionMachine>;
  /** Every place the chart came through, in order. */
  readonly path: string[] = [];
  /** What the chart told its sessions. */
  readonly commands: SessionCommand['type'][] = [];
  /** What each probe was to ask, and how urgently. */
  readonly probes: string[] = [];
  /** Sessions that are open; never more than one. */
  open = 0;
  #last = '';
  #report: ((fact: SessionFact) => void) | null = null;
  readonly #turn = new Ending<void>('turn');
  readonly #restore = new Ending<void>('restore');
  readonly #probe = new Ending<ProbeOutput>('probe');
  readonly #release = new Ending<ReleaseOutput>('release');
  readonly #authorize = new Ending<void>('authorize');

  constructor(
    config: ConnectionConfig = {},
    {
      isGated = false,
      holdsRestore = false,
      ...input
    }: Partial<ConnectionInput> & { isGated?: boolean; holdsRestore?: boolean } = {},
  ) {
    const machine = connectionMachine.provide({
      actors: {
        turn: fromPromise<void, { handle: ConnectionHandle }>(() =>
          isGated ? this.#turn.start() : Promise.resolve(),
        ),
        // Nothing was set up before, unless the journey says so.
        restore: fromPromise<void, { handle: ConnectionHandle }>(() =>
          holdsRestore ? this.#restore.start() : Promise.resolve(),
        ),
        probe: fromPromise<ProbeOutput, ProbeInput>(({ input: { method, urgency } }) => {
          this.probes.push(`${method} ${urgency}`);
          return this.#probe.start();
        }),
        release: fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(() => this.#release.start()),
        authorize: fromPromise<void, { handle: ConnectionHandle }>(() => this.#authorize.start()),
        session: fromCallback<SessionCommand, SessionInput>(({ sendBack, receive }) => {
          this.open += 1;
          this.#report = sendBack;
          receive(({ type }) => this.commands.push(type));
          return () => {
            this.open -= 1;
            this.#report = null;
          };
        }),
      },
    });
    this.actor = createActor(machine, {
      clock: this.clock,
      input: {
        name: 'journey',
        handle: {},
        config: resolveConfig(config),
        supportedVersions: ['2025-11-25'],
        requiredCapabilities: [],
        probe: 'ping',
        ...input,
      },
    });
    this.actor.subscribe(({ value }) => {
      const place = placeOf(value);
      if (place !== this.#last) this.path.push(place);
      this.#last = place;
      if (this.open > 1) throw new Error('two sessions are open');
    });
    this.actor.start();
  }

  get place(): string {
    return placeOf(this.actor.getSnapshot().value);
  }

  get context(): ConnectionContext {
    return this.actor.getSnapshot().context;
  }

  /** The path since the last time it was asked for. */
  takePath(): string[] {
    return this.path.splice(0);
  }

  async send(
    ...verbs: (ConnectionCommand['type'] extends `connection.${infer Verb}` ? Verb : never)[]
  ): Promise<void> {
    for (const verb of verbs) this.actor.send({ type: `connection.${verb}` });
    await settle();
  }

  async wake(random = 0.5): Promise<void> {
    this.actor.send({ type: 'system.woke', random });
    await settle();
  }

  async report(fact: SessionFact): Promise<void> {
    if (this.#report === null) throw new Error('no session is open');
    this.#report(fact);
    await settle();
  }

  /** The handshake, until the first probe is asked for. */
  async handshake(answer: Partial<{ protocolVersion: string; capabilities: string[] }> = {}): Promise<void> {
    await this.report({ type: 'transport.opened' });
    await this.report({
      type: 'handshake.answered',
      answer: {
        protocolVersion: '2025-11-25',
        serverInfo: { name: 'a', version: '1' },
        capabilities: [],
        ...answer,
      },
    });
    if (this.#report === null) return;
    await this.report({ type: 'handshake.completed', at: this.clock.now(), time: this.clock.time() });
  }

  /** The running session, all the way up. */
  async up(): Promise<void> {
    await this.handshake();
    await this.probed();
  }

  /** From nothing to connected. */
  async connect(): Promise<void> {
    await this.send('connect');
    await this.up();
  }

  /** Connected for so long, with proof, that a loss is answered at once. */
  async becomeStable(): Promise<void> {
    for (let timers = 0; !this.place.endsWith('stable'); timers += 1) {
      if (timers === 20) throw new Error(`not stable after ${timers} timers: ${this.place}`);
      await this.elapse();
      if (this.#probe.isRunning) await this.probed();
    }
  }

  async lose(code: ConnectionErrorCode = 'PROCESS_EXITED', retryAfter?: number): Promise<void> {
    const details = retryAfter === undefined ? {} : { details: { retryAfter } };
    await this.report({ type: 'session.lost', error: { code, message: 'it is gone', ...details } });
  }

  /** The session's actor throws, as one of another package might at any time. */
  async breakDown(error: unknown = new Error('broken')): Promise<void> {
    // Sent as XState would: a scripted callback actor can only throw where it starts.
    const failure = { type: actorErrorEventType('session'), error, actorId: 'session' };
    this.actor.send(failure as unknown as ConnectionEvent);
    await settle();
  }

  /** Loses the session and ends it completely. */
  async loseAndRelease(code?: ConnectionErrorCode): Promise<void> {
    await this.lose(code);
    await this.released();
  }

  async probed(output: Partial<ProbeOutput> = {}): Promise<void> {
    const at = this.clock.now();
    const nextDelay = 30_000;
    await this.#probe.end({
      at,
      time: this.clock.time(),
      evidence: 'reply',
      evidenceAt: at,
      latency: 1,
      nextDelay,
      ...output,
    });
  }

  /** Something else than the answer to the probe came in. */
  async heard(): Promise<void> {
    await this.report({ type: 'session.heard', at: this.clock.now(), time: this.clock.time() });
  }

  async probeFailed(details: { retryAfter?: number } = {}): Promise<void> {
    await this.#probe.failWith(new ConnectionError('UNHEALTHY', 'ill', { details }));
  }

  async released(random = 0.5): Promise<void> {
    await this.#release.end({ startedAt: this.clock.now(), at: this.clock.now(), random });
  }

  async unreleased(): Promise<void> {
    await this.#release.fail('it will not go');
  }

  async authorized(): Promise<void> {
    await this.#authorize.end();
  }

  async refused(): Promise<void> {
    await this.#authorize.fail('a wrong code');
  }

  async entered(): Promise<void> {
    await this.#turn.end();
  }

  async shutOut(): Promise<void> {
    await this.#turn.fail('the gate is shut');
  }

  async restored(): Promise<void> {
    await this.#restore.end();
  }

  async unrestored(): Promise<void> {
    await this.#restore.fail('it is not as it was');
  }

  /** Lets the next timer run out. */
  async elapse(): Promise<void> {
    if (!this.clock.step()) throw new Error('no timer is running');
    await settle();
  }

  async advance(duration: number): Promise<void> {
    await this.clock.advance(duration);
  }
}

/** `connected: healthy, waiting, settling`, `connecting.handshakeStart`, `failed`. */
function placeOf(value: StateValue): string {
  return spell(value)
    .replace(/^active\./, '')
    .replace(/^session\./, '');
}

function spell(value: StateValue | undefined): string {
  if (typeof value !== 'object') return value ?? '';
  const entries = Object.entries(value);
  if (entries.length > 1) return entries.map(([, child]) => spell(child)).join(', ');
  return entries
    .map(([name, child]) =>
      typeof child === 'object' && Object.keys(child).length > 1
        ? `${name}: ${spell(child)}`
        : `${name}.${spell(child)}`,
    )
    .join('');
}
