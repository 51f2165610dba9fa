import { type Actor, createActor, fromCallback, fromPromise, type StateValue } from 'xstate';
import {
  type ConnectionCommand,
  type ConnectionContext,
  type ConnectionErrorCode,
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
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

interface Running {
  resolve(output?: unknown): void;
  reject(error: unknown): void;
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
  readonly #running = new Map<string, Running>();

  constructor(
    config: ConnectionConfig = {},
    { isGated = false, ...input }: Partial<ConnectionInput> & { isGated?: boolean } = {},
  ) {
    const machine = connectionMachine.provide({
      actors: {
        turn: fromPromise<void, { handle: ConnectionHandle }>(() =>
          isGated ? this.#run('turn') : Promise.resolve(),
        ),
        probe: fromPromise<ProbeOutput, ProbeInput>(({ input: { method, urgency } }) => {
          this.probes.push(`${method} ${urgency}`);
          return this.#run('probe');
        }),
        release: fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(() => this.#run('release')),
        authorize: fromPromise<void, { handle: ConnectionHandle }>(() => this.#run('authorize')),
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
    while (!this.place.endsWith('stable')) {
      await this.elapse();
      if (this.#running.has('probe')) await this.probed();
    }
  }

  async lose(code: ConnectionErrorCode = 'PROCESS_EXITED', retryAfter?: number): Promise<void> {
    const details = retryAfter === undefined ? {} : { details: { retryAfter } };
    await this.report({ type: 'session.lost', error: { code, message: 'it is gone', ...details } });
  }

  /** Loses the session and ends it completely. */
  async loseAndRelease(code?: ConnectionErrorCode): Promise<void> {
    await this.lose(code);
    await this.released();
  }

  async probed(output: Partial<ProbeOutput> = {}): Promise<void> {
    const at = this.clock.now();
    const nextDelay = 30_000;
    await this.#end('probe', {
      at,
      time: this.clock.time(),
      evidence: 'reply',
      evidenceAt: at,
      latency: 1,
      nextDelay,
      ...output,
    });
  }

  async probeFailed(): Promise<void> {
    await this.#fail('probe', new Error('ill'));
  }

  async released(random = 0.5): Promise<void> {
    await this.#end('release', { startedAt: this.clock.now(), at: this.clock.now(), random });
  }

  async unreleased(): Promise<void> {
    await this.#fail('release', new Error('it will not go'));
  }

  async authorized(): Promise<void> {
    await this.#end('authorize');
  }

  async refused(): Promise<void> {
    await this.#fail('authorize', new Error('a wrong code'));
  }

  async entered(): Promise<void> {
    await this.#end('turn');
  }

  /** Lets the next timer run out. */
  async elapse(): Promise<void> {
    if (!this.clock.step()) throw new Error('no timer is running');
    await settle();
  }

  async advance(duration: number): Promise<void> {
    await this.clock.advance(duration);
  }

  #run<Output>(name: string): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#running.set(name, { resolve: (output) => resolve(output as Output), reject });
    });
  }

  async #end(name: string, output?: unknown): Promise<void> {
    this.#take(name).resolve(output);
    await settle();
  }

  async #fail(name: string, error: Error): Promise<void> {
    this.#take(name).reject(error);
    await settle();
  }

  #take(name: string): Running {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`no '${name}' is running`);
    this.#running.delete(name);
    return running;
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
