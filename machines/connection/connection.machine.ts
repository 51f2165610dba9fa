/**
 * The life of one MCP client connection.
 *
 *   disconnected ─connect→ active ──────────────────────────────────┐
 *                          │ queued → session ⇄ releasing → failed   │
 *                          │            ↑          ↓    ↘ authorizing│
 *                          │            └── reconnecting             │
 *                          └─disconnect / terminate→ closing ────────┘→ disconnected | terminated
 *
 * Invariants:
 *  1. A session lives inside `active.session`; leaving the state ends it, and nothing opens before
 *     `release` has finished. So there are never two live transports.
 *  2. `connected` is entered only from `connecting.healthCheck`: after the handshake of this session
 *     and a proof of life (unless health checks are off).
 *  3. Every way out of `active.session` leads through `releasing` or `closing`.
 *  4. The last command wins, whatever the state; `terminate` latches.
 *  5. Attempts only grow, until `stable` or until somebody asks.
 *  6. Never two probes at a time.
 */
import { and, assign, emit, fromCallback, fromPromise, raise, sendTo, setup } from 'xstate';
import type {
  ConnectionContext,
  ConnectionEmitted,
  ConnectionErrorCode,
  ConnectionErrorRecord,
  ConnectionEvent,
  ConnectionHandle,
  ConnectionInput,
  HandshakeAnswer,
  ProbeInput,
  ProbeOutput,
  ReleaseOutput,
  SessionCommand,
  SessionInput,
} from './connection.types.js';
import { DEFAULT_HEALTH_CHECK, ERROR_ROUTING, isExhausted, isFatal } from './policy.js';
import * as updates from './updates.js';

function notProvided(actor: string): never {
  throw new Error(
    `connectionMachine has no '${actor}' actor. Use connectionLogic from 'mcp-lifeline', or give the machine one: connectionMachine.provide({ actors: { ${actor}: … } }).`,
  );
}

export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as ConnectionInput,
    emitted: {} as ConnectionEmitted,
    children: {} as {
      turn: 'turn';
      session: 'session';
      restore: 'restore';
      probe: 'probe';
      release: 'release';
      authorize: 'authorize';
    },
  },
  actors: {
    turn: fromPromise<void, { handle: ConnectionHandle }>(() => notProvided('turn')),
    session: fromCallback<SessionCommand, SessionInput>(() => notProvided('session')),
    restore: fromPromise<void, { handle: ConnectionHandle }>(() => notProvided('restore')),
    probe: fromPromise<ProbeOutput, ProbeInput>(() => notProvided('probe')),
    release: fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(() => notProvided('release')),
    authorize: fromPromise<void, { handle: ConnectionHandle }>(() => notProvided('authorize')),
  },
  guards: {
    isTerminating: ({ context }) => context.intent === 'terminated',
    isConnectWanted: ({ context }) => context.intent === 'connected',
    canOverrule: ({ context }) => context.intent !== 'terminated',
    isVersionUnsupported: ({ context }) =>
      context.answer !== null && !context.supportedVersions.includes(context.answer.protocolVersion),
    isCapabilityMissing: ({ context }) => missingCapabilities(context).length > 0,
    isHealthUnchecked: ({ context }) => context.config.healthCheck === false,
    isProbingOff: ({ context }) => context.config.healthCheck === false && context.config.keepAlive === false,
    isProbingOn: ({ context }) => context.config.healthCheck !== false || context.config.keepAlive !== false,
    isPingUnanswered: ({ context }) => context.probeMethod === 'ping',
    isHeard: ({ context }) => context.isHeard,
    isHeardUnchecked: and(['isHeard', 'isHealthUnchecked']),
    isLastFailure: ({ context }) =>
      context.config.healthCheck !== false &&
      context.probeFailures + 1 >= context.config.healthCheck.failureThreshold,
    isProvenStable: ({ context }, { evidenceAt }: { evidenceAt: number }) =>
      context.connectedSince !== null &&
      evidenceAt >= context.connectedSince + context.config.retryPolicy.stableAfter,
    isAsked: ({ context }) => context.error === null,
    isAuthorizationNeeded: ({ context }) =>
      context.error !== null && ERROR_ROUTING[context.error.code] === 'authorization',
    isFatal: ({ context }) => isFatal(context),
    isExhausted: ({ context }, output: ReleaseOutput) => isExhausted(context, output),
    isFirstRetryImmediate: ({ context }) =>
      context.wasStable ||
      (context.attempts === 0 &&
        context.error !== null &&
        ERROR_ROUTING[context.error.code] === 'session-expired'),
    isUnreleased: ({ context }) => context.failure === 'unreleased',
    hasGivenUp: ({ context }) => context.failure === 'exhausted',
  },
  delays: {
    connectTimeout: ({ context }) => context.config.timeout.connect,
    transportTimeout: ({ context }) => context.config.timeout.transport,
    negotiationTimeout: ({ context }) => context.config.timeout.negotiation,
    probeTimeout: ({ context }) => probeTimeout(context),
    probeDelay: ({ context }) => context.probeDelay,
    stableAfter: ({ context }) => context.config.retryPolicy.stableAfter,
    drainTimeout: ({ context }) => context.config.timeout.drain,
    releaseTimeout: ({ context }) => context.config.timeout.release,
    backoffDelay: ({ context }) => context.backoffDelay,
  },
  actions: {
    wantConnected: assign(() => updates.wantConnected()),
    wantDisconnected: assign(() => updates.wantDisconnected()),
    wantTerminated: assign(() => updates.wantTerminated()),
    beginAnew: assign(() => updates.beginAnew()),
    wantNewSession: assign(() => updates.wantNewSession()),
    beginSession: assign(({ context }) => updates.beginSession(context)),
    recordAnswer: assign((_, { answer }: { answer: HandshakeAnswer }) => updates.recordAnswer(answer)),
    recordConnectedSince: assign((_, moment: { at: number; time: number }) =>
      updates.recordConnectedSince(moment),
    ),
    enterConnected: assign(({ context }) => updates.enterConnected(context)),
    recordFirstProbe: assign(({ context }, output: ProbeOutput) => updates.recordFirstProbe(output, context)),
    recordProbePassed: assign(({ context }, output: ProbeOutput) =>
      updates.recordProbePassed(output, context),
    ),
    recordProbeFailed: assign(({ context }, { error }: { error: unknown }) =>
      updates.recordProbeFailed(updates.toRecord(error), context),
    ),
    recordProbeTimeout: assign(({ context }) =>
      updates.recordProbeFailed({ message: probeTimeoutReason(context) }, context),
    ),
    listen: assign({ isHeard: false }),
    recordHeard: assign({ isHeard: true }),
    recordProbeLate: assign(({ context }) =>
      updates.recordProbeLate({ message: probeTimeoutReason(context) }, context),
    ),
    recordProbeRefused: assign(({ context }, { error }: { error: unknown }) =>
      updates.recordProbeLate(updates.toRecord(error), context),
    ),
    tryAlternative: assign(({ context }) => updates.tryAlternative(context)),
    recordLoss: assign((_, { error }: { error: ConnectionErrorRecord }) => updates.recordError(error)),
    recordActorError: assign((_, { error }: { error: unknown }) =>
      updates.recordError(updates.toRecord(error)),
    ),
    recordTimeout: assign(({ context }, { code, limit }: { code: ConnectionErrorCode; limit: TimeoutName }) =>
      updates.recordChartError(
        code,
        `not connected within ${context.config.timeout[limit]} ms (timeout.${limit})`,
      ),
    ),
    refuseVersion: assign(({ context }) =>
      updates.recordChartError(
        'UNSUPPORTED_PROTOCOL_VERSION',
        `the server speaks protocol version ${context.answer?.protocolVersion}, this client ${context.supportedVersions.join(', ')}`,
      ),
    ),
    refuseCapabilities: assign(({ context }) =>
      updates.recordChartError(
        'CAPABILITY_MISSING',
        `the server does not offer ${missingCapabilities(context).join(', ')} (requiredCapabilities)`,
      ),
    ),
    refuseProbeError: assign((_, { error }: { error: unknown }) =>
      updates.recordChartError(
        'FIRST_PROBE_FAILED',
        `the first probe failed: ${updates.toRecord(error).message}`,
      ),
    ),
    refuseProbeTimeout: assign(({ context }) =>
      updates.recordChartError(
        'FIRST_PROBE_FAILED',
        `the first probe failed: ${probeTimeoutReason(context)}`,
      ),
    ),
    recordUnhealthy: assign(({ context }) =>
      updates.recordChartError(
        'UNHEALTHY',
        `${context.probeFailures} failed health check${context.probeFailures === 1 ? '' : 's'}; the last: ${context.probeFailure}`,
      ),
    ),
    recordAuthorizationTimeout: assign(({ context }) =>
      updates.recordChartError(
        'AUTHORIZATION_FAILED',
        `the authorization did not finish within ${context.config.timeout.connect} ms (timeout.connect)`,
      ),
    ),
    recordUnreleased: assign(({ context }) => ({
      failure: 'unreleased' as const,
      ...updates.recordChartError(
        'RELEASE_FAILED',
        `the last session did not end within ${context.config.timeout.release} ms (timeout.release)`,
      ),
    })),
    recordReleaseError: assign((_, { error }: { error: unknown }) => ({
      failure: 'unreleased' as const,
      ...updates.recordChartError(
        'RELEASE_FAILED',
        `the last session could not be released: ${updates.toRecord(error).message}`,
      ),
    })),
    recordFatal: assign({ failure: 'fatal' }),
    recordExhausted: assign(({ context }) => updates.recordExhausted(context)),
    countRetry: assign(({ context }, output: ReleaseOutput) => updates.countRetry(output, context)),
    planBackoff: assign(({ context }, output: ReleaseOutput) => updates.planBackoff(output, context)),
    planWakeProbe: assign((_, { random }: { random: number }) => updates.planWakeProbe(random)),
    planWakeRetry: assign(({ context }, { random }: { random: number }) =>
      updates.planWakeRetry(random, context),
    ),
    askNow: assign({ probeUrgency: 'now' }),
    resetAttempts: assign(() => updates.resetAttempts()),
    acceptServer: sendTo('session', { type: 'session.accept' }),
    startDraining: sendTo('session', { type: 'session.drain' }),
    reportProbePassed: raise((_, { evidenceAt }: ProbeOutput) => ({ type: 'probe.passed', evidenceAt })),
    reportProbeLate: raise({ type: 'probe.late' }),
    reportProbeFailed: raise({ type: 'probe.failed' }),
    announceProbeAnswered: emit((_, { evidence, latency }: Pick<ProbeOutput, 'evidence' | 'latency'>) => ({
      type: 'probe.answered',
      evidence,
      latency,
    })),
    announceProbeLate: emit(({ context }) => ({
      type: 'probe.unanswered',
      reason: context.probeFailure ?? '',
      isAlive: true,
    })),
    announceProbeUnanswered: emit(({ context }) => ({
      type: 'probe.unanswered',
      reason: context.probeFailure ?? '',
      isAlive: false,
    })),
  },
}).createMachine({
  id: 'connection',
  description: 'The life of one MCP client connection.',
  context: ({ input }) => updates.initialContext(input),
  initial: 'disconnected',
  states: {
    disconnected: {
      description: 'Nothing is open and nothing is wanted.',
      tags: ['status:disconnected'],
      on: {
        'connection.connect': { target: 'active', actions: 'wantConnected' },
        'connection.reconnect': { target: 'active', actions: 'wantConnected' },
        'connection.terminate': { target: 'terminated', actions: 'wantTerminated' },
      },
    },

    active: {
      description: 'A connection is wanted.',
      initial: 'queued',
      states: {
        queued: {
          description: 'Waits for its turn to start, where starts are limited; otherwise it is next at once.',
          tags: ['status:connecting', 'phase:queued', 'callsWait'],
          invoke: {
            src: 'turn',
            id: 'turn',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: { target: 'session' },
            onError: {
              target: '#connection.failed',
              actions: [{ type: 'recordActorError', params: ({ event }) => event }, 'recordFatal'],
            },
          },
          on: {
            'connection.disconnect': { target: '#connection.disconnected', actions: 'wantDisconnected' },
            'connection.terminate': { target: '#connection.terminated', actions: 'wantTerminated' },
          },
        },

        session: {
          description: 'One client and one transport live as long as this state, and not a moment longer.',
          entry: 'beginSession',
          invoke: {
            src: 'session',
            id: 'session',
            input: ({ context }) => ({ handle: context.handle, epoch: context.epoch }),
            onError: [
              {
                guard: 'isConnectWanted',
                target: 'releasing',
                actions: { type: 'recordActorError', params: ({ event }) => event },
              },
              { target: '#connection.closing' },
            ],
          },
          on: {
            'session.lost': {
              target: 'releasing',
              actions: { type: 'recordLoss', params: ({ event }) => event },
            },
          },
          initial: 'connecting',
          states: {
            connecting: {
              description: 'From opening the transport to the first proof of life, within one limit.',
              tags: ['status:connecting', 'callsWait'],
              initial: 'transportSetup',
              after: {
                connectTimeout: {
                  target: '#connection.active.releasing',
                  actions: { type: 'recordTimeout', params: { code: 'CONNECT_TIMEOUT', limit: 'connect' } },
                },
              },
              on: {
                'connection.disconnect': { target: '#connection.closing', actions: 'wantDisconnected' },
                'connection.terminate': { target: '#connection.closing', actions: 'wantTerminated' },
                'system.woke': { target: '.resumed', reenter: true },
              },
              states: {
                transportSetup: {
                  description: 'The transport opens: a process starts, a stream connects.',
                  tags: ['phase:transportSetup'],
                  after: {
                    transportTimeout: {
                      target: '#connection.active.releasing',
                      actions: {
                        type: 'recordTimeout',
                        params: { code: 'TRANSPORT_TIMEOUT', limit: 'transport' },
                      },
                    },
                  },
                  on: { 'transport.opened': { target: 'handshakeStart' } },
                },
                handshakeStart: {
                  description:
                    'The handshake was sent; its answer may take as long as the whole attempt (a cold start).',
                  tags: ['phase:handshakeStart'],
                  on: {
                    'handshake.answered': {
                      target: 'capabilityNegotiation',
                      actions: { type: 'recordAnswer', params: ({ event }) => event },
                    },
                  },
                },
                capabilityNegotiation: {
                  description: 'The server answered: its version and capabilities are accepted or refused.',
                  tags: ['phase:capabilityNegotiation'],
                  after: {
                    negotiationTimeout: {
                      target: '#connection.active.releasing',
                      actions: {
                        type: 'recordTimeout',
                        params: { code: 'NEGOTIATION_TIMEOUT', limit: 'negotiation' },
                      },
                    },
                  },
                  initial: 'judging',
                  states: {
                    judging: {
                      description: 'Decides on the answer at once.',
                      always: [
                        {
                          guard: 'isVersionUnsupported',
                          target: '#connection.active.releasing',
                          actions: 'refuseVersion',
                        },
                        {
                          guard: 'isCapabilityMissing',
                          target: '#connection.active.releasing',
                          actions: 'refuseCapabilities',
                        },
                        { target: 'accepting' },
                      ],
                    },
                    accepting: {
                      description: 'Tells the server that it is accepted (notifications/initialized, R1).',
                      entry: 'acceptServer',
                      on: {
                        'handshake.completed': {
                          target: '#connection.active.session.connecting.restoring',
                          actions: { type: 'recordConnectedSince', params: ({ event }) => event },
                        },
                      },
                    },
                  },
                },
                restoring: {
                  description:
                    'What the session before had set up is put back: log level, subscriptions, lists (R18). What cannot be put back is no reason to stay away.',
                  tags: ['phase:capabilityNegotiation'],
                  invoke: {
                    src: 'restore',
                    id: 'restore',
                    input: ({ context }) => ({ handle: context.handle }),
                    onDone: { target: 'restored' },
                    onError: { target: 'restored' },
                  },
                  after: { negotiationTimeout: { target: 'restored' } },
                },
                restored: {
                  description: 'Decides at once whether a probe comes first.',
                  tags: ['phase:capabilityNegotiation'],
                  always: [
                    { guard: 'isHealthUnchecked', target: '#connection.active.session.connected' },
                    { target: 'healthCheck' },
                  ],
                },
                healthCheck: {
                  description: 'First probe: the handshake’s own answer does not count as a proof of life.',
                  tags: ['phase:healthCheck'],
                  invoke: {
                    src: 'probe',
                    id: 'probe',
                    input: ({ context }) => probeInput(context),
                    onDone: {
                      target: '#connection.active.session.connected',
                      actions: [
                        { type: 'recordFirstProbe', params: ({ event }) => event.output },
                        { type: 'announceProbeAnswered', params: ({ event }) => event.output },
                      ],
                    },
                    onError: {
                      target: '#connection.active.releasing',
                      actions: { type: 'refuseProbeError', params: ({ event }) => event },
                    },
                  },
                  on: {
                    'session.heard': {
                      target: '#connection.active.session.connected',
                      actions: [
                        { type: 'recordConnectedSince', params: ({ event }) => event },
                        { type: 'announceProbeAnswered', params: { evidence: 'traffic', latency: null } },
                      ],
                    },
                  },
                  after: {
                    probeTimeout: [
                      {
                        guard: 'isPingUnanswered',
                        target: 'healthCheck',
                        reenter: true,
                        actions: 'tryAlternative',
                      },
                      { target: '#connection.active.releasing', actions: 'refuseProbeTimeout' },
                    ],
                  },
                },
                resumed: {
                  type: 'history',
                  history: 'deep',
                  description: 'After the machine slept: the same phase with fresh limits.',
                },
              },
            },

            connected: {
              description: 'The session may be used.',
              tags: ['status:connected', 'usable'],
              type: 'parallel',
              entry: 'enterConnected',
              on: {
                'connection.disconnect': { target: 'draining', actions: 'wantDisconnected' },
                'connection.terminate': { target: 'draining', actions: 'wantTerminated' },
                'connection.reconnect': { target: '#connection.active.releasing', actions: 'wantNewSession' },
              },
              states: {
                health: {
                  description: 'What the last probe said.',
                  initial: 'healthy',
                  states: {
                    healthy: {
                      description: 'The last probe found the server alive.',
                      on: { 'probe.late': { target: 'degraded' }, 'probe.failed': { target: 'degraded' } },
                    },
                    degraded: {
                      description:
                        'Probes failed, fewer in a row than the threshold; or the server lives and does not answer them in time.',
                      tags: ['degraded'],
                      on: { 'probe.passed': { target: 'healthy' } },
                    },
                  },
                },
                probe: {
                  description: 'Asks whether the server lives, when nothing else has said so.',
                  initial: 'waiting',
                  states: {
                    waiting: {
                      description: 'Until the server could have been silent for too long.',
                      after: { probeDelay: { guard: 'isProbingOn', target: 'checking' } },
                      on: {
                        'connection.checkHealth': { target: 'checking', actions: 'askNow' },
                        'system.woke': {
                          guard: 'isProbingOn',
                          target: 'confirming',
                          actions: { type: 'planWakeProbe', params: ({ event }) => event },
                        },
                      },
                    },
                    confirming: {
                      description: 'A probe failed, or the machine slept: asks again soon.',
                      after: { probeDelay: { target: 'checking' } },
                      on: {
                        'connection.checkHealth': { target: 'checking', actions: 'askNow' },
                        'system.woke': {
                          target: 'confirming',
                          reenter: true,
                          actions: { type: 'planWakeProbe', params: ({ event }) => event },
                        },
                      },
                    },
                    checking: {
                      description:
                        'A probe is under way. Anything else that comes in meanwhile says that the server lives.',
                      entry: 'listen',
                      invoke: {
                        src: 'probe',
                        id: 'probe',
                        input: ({ context }) => probeInput(context),
                        onDone: {
                          target: 'waiting',
                          actions: [
                            { type: 'recordProbePassed', params: ({ event }) => event.output },
                            { type: 'reportProbePassed', params: ({ event }) => event.output },
                            { type: 'announceProbeAnswered', params: ({ event }) => event.output },
                          ],
                        },
                        onError: [
                          {
                            guard: 'isHeardUnchecked',
                            target: 'waiting',
                            actions: [
                              { type: 'recordProbeRefused', params: ({ event }) => event },
                              'reportProbeLate',
                              'announceProbeLate',
                            ],
                          },
                          {
                            guard: 'isHeard',
                            target: 'confirming',
                            actions: [
                              { type: 'recordProbeRefused', params: ({ event }) => event },
                              'reportProbeLate',
                              'announceProbeLate',
                            ],
                          },
                          {
                            guard: 'isLastFailure',
                            target: '#connection.active.releasing',
                            actions: [
                              { type: 'recordProbeFailed', params: ({ event }) => event },
                              'recordUnhealthy',
                              'announceProbeUnanswered',
                            ],
                          },
                          {
                            guard: 'isHealthUnchecked',
                            target: 'waiting',
                            actions: [
                              { type: 'recordProbeFailed', params: ({ event }) => event },
                              'reportProbeFailed',
                              'announceProbeUnanswered',
                            ],
                          },
                          {
                            target: 'confirming',
                            actions: [
                              { type: 'recordProbeFailed', params: ({ event }) => event },
                              'reportProbeFailed',
                              'announceProbeUnanswered',
                            ],
                          },
                        ],
                      },
                      after: {
                        probeTimeout: [
                          {
                            guard: 'isHeardUnchecked',
                            target: 'waiting',
                            actions: [
                              'recordProbeLate',
                              'tryAlternative',
                              'reportProbeLate',
                              'announceProbeLate',
                            ],
                          },
                          {
                            guard: 'isHeard',
                            target: 'confirming',
                            actions: [
                              'recordProbeLate',
                              'tryAlternative',
                              'reportProbeLate',
                              'announceProbeLate',
                            ],
                          },
                          {
                            guard: 'isLastFailure',
                            target: '#connection.active.releasing',
                            actions: ['recordProbeTimeout', 'recordUnhealthy', 'announceProbeUnanswered'],
                          },
                          {
                            guard: 'isHealthUnchecked',
                            target: 'waiting',
                            actions: [
                              'recordProbeTimeout',
                              'tryAlternative',
                              'reportProbeFailed',
                              'announceProbeUnanswered',
                            ],
                          },
                          {
                            target: 'confirming',
                            actions: [
                              'recordProbeTimeout',
                              'tryAlternative',
                              'reportProbeFailed',
                              'announceProbeUnanswered',
                            ],
                          },
                        ],
                      },
                      on: {
                        'session.heard': { actions: 'recordHeard' },
                        'system.woke': {
                          target: 'confirming',
                          actions: { type: 'planWakeProbe', params: ({ event }) => event },
                        },
                      },
                    },
                  },
                },
                stability: {
                  description: 'Whether the connection has lasted; only then are the attempts forgotten.',
                  initial: 'settling',
                  states: {
                    settling: {
                      description: 'Connected too recently to tell.',
                      after: { stableAfter: { target: 'settled' } },
                    },
                    settled: {
                      description: 'Lasted long enough; waits for a proof of life from after that.',
                      always: { guard: 'isProbingOff', target: 'stable' },
                      on: {
                        'probe.passed': {
                          guard: { type: 'isProvenStable', params: ({ event }) => event },
                          target: 'stable',
                        },
                      },
                    },
                    stable: {
                      description: 'Lasted and alive: a loss from here is answered at once.',
                      entry: 'resetAttempts',
                    },
                  },
                },
              },
            },

            draining: {
              description: 'The user leaves: calls in flight finish, the session says goodbye.',
              tags: ['status:closing'],
              entry: 'startDraining',
              after: { drainTimeout: { target: '#connection.closing' } },
              on: {
                'session.drained': { target: '#connection.closing' },
                'session.lost': { target: '#connection.closing' },
                'connection.connect': { guard: 'canOverrule', actions: 'wantConnected' },
                'connection.reconnect': { guard: 'canOverrule', actions: 'wantConnected' },
                'connection.disconnect': { guard: 'canOverrule', actions: 'wantDisconnected' },
                'connection.terminate': { actions: 'wantTerminated' },
                'system.woke': { target: 'draining', reenter: true },
              },
            },
          },
        },

        releasing: {
          description: 'The lost session is closed completely before anything opens again; then routes.',
          tags: ['status:reconnecting', 'callsWait', 'retrying'],
          invoke: {
            src: 'release',
            id: 'release',
            input: ({ context }) => ({ handle: context.handle }),
            onDone: [
              { guard: 'isAsked', target: 'queued' },
              { guard: 'isAuthorizationNeeded', target: 'authorizing' },
              { guard: 'isFatal', target: '#connection.failed', actions: 'recordFatal' },
              {
                guard: { type: 'isExhausted', params: ({ event }) => event.output },
                target: '#connection.failed',
                actions: 'recordExhausted',
              },
              {
                guard: 'isFirstRetryImmediate',
                target: 'queued',
                actions: { type: 'countRetry', params: ({ event }) => event.output },
              },
              {
                target: 'reconnecting',
                actions: [
                  { type: 'countRetry', params: ({ event }) => event.output },
                  { type: 'planBackoff', params: ({ event }) => event.output },
                ],
              },
            ],
            onError: {
              target: '#connection.failed',
              actions: { type: 'recordReleaseError', params: ({ event }) => event },
            },
          },
          after: { releaseTimeout: { target: '#connection.failed', actions: 'recordUnreleased' } },
          on: {
            'connection.disconnect': { target: '#connection.closing', actions: 'wantDisconnected' },
            'connection.terminate': { target: '#connection.closing', actions: 'wantTerminated' },
            'connection.reconnect': { actions: 'wantNewSession' },
            'system.woke': { target: 'releasing', reenter: true },
          },
        },

        reconnecting: {
          description: 'Backs off before the next attempt.',
          tags: ['status:reconnecting', 'callsWait', 'retrying'],
          after: { backoffDelay: { target: 'queued' } },
          on: {
            'connection.disconnect': { target: '#connection.disconnected', actions: 'wantDisconnected' },
            'connection.terminate': { target: '#connection.terminated', actions: 'wantTerminated' },
            'connection.reconnect': { target: 'queued', actions: 'wantNewSession' },
            'system.woke': {
              target: 'reconnecting',
              reenter: true,
              actions: { type: 'planWakeRetry', params: ({ event }) => event },
            },
          },
        },

        authorizing: {
          description: 'The server asks for an authorization; waits until it is there. Not an attempt.',
          tags: ['status:authorizing'],
          initial: 'waiting',
          on: {
            'connection.disconnect': { target: '#connection.disconnected', actions: 'wantDisconnected' },
            'connection.terminate': { target: '#connection.terminated', actions: 'wantTerminated' },
          },
          states: {
            waiting: {
              description: 'Until the user comes back with an authorization code.',
              on: {
                'connection.authorize': { target: 'exchanging' },
                'connection.connect': { target: '#connection.active.queued', actions: 'wantConnected' },
                'connection.reconnect': { target: '#connection.active.queued', actions: 'wantConnected' },
              },
            },
            exchanging: {
              description: 'The code is exchanged for tokens, once.',
              tags: ['exchanging'],
              invoke: {
                src: 'authorize',
                id: 'authorize',
                input: ({ context }) => ({ handle: context.handle }),
                onDone: { target: '#connection.active.queued', actions: 'beginAnew' },
                onError: {
                  target: 'waiting',
                  actions: { type: 'recordActorError', params: ({ event }) => event },
                },
              },
              initial: 'limited',
              states: {
                limited: {
                  description: 'Within one limit, which begins anew when the machine slept.',
                  after: {
                    connectTimeout: {
                      target: '#connection.active.authorizing.waiting',
                      actions: 'recordAuthorizationTimeout',
                    },
                  },
                  on: { 'system.woke': { target: 'limited', reenter: true } },
                },
              },
            },
          },
        },
      },
    },

    closing: {
      description: 'The session is closed completely; then comes what was wanted last.',
      tags: ['status:closing'],
      invoke: {
        src: 'release',
        id: 'release',
        input: ({ context }) => ({ handle: context.handle }),
        onDone: [
          { guard: 'isTerminating', target: 'terminated' },
          { guard: 'isConnectWanted', target: 'active' },
          { target: 'disconnected' },
        ],
        onError: [
          {
            guard: 'isTerminating',
            target: 'terminated',
            actions: { type: 'recordReleaseError', params: ({ event }) => event },
          },
          {
            target: 'failed',
            actions: { type: 'recordReleaseError', params: ({ event }) => event },
          },
        ],
      },
      after: {
        releaseTimeout: [
          { guard: 'isTerminating', target: 'terminated', actions: 'recordUnreleased' },
          { target: 'failed', actions: 'recordUnreleased' },
        ],
      },
      on: {
        'connection.connect': { guard: 'canOverrule', actions: 'wantConnected' },
        'connection.reconnect': { guard: 'canOverrule', actions: 'wantConnected' },
        'connection.disconnect': { guard: 'canOverrule', actions: 'wantDisconnected' },
        'connection.terminate': { actions: 'wantTerminated' },
        'system.woke': { target: 'closing', reenter: true },
      },
    },

    failed: {
      description: 'Trying again by itself would not help, or the attempts are used up. Holds the error.',
      tags: ['status:failed'],
      on: {
        'connection.connect': [
          { guard: 'isUnreleased', target: 'closing', actions: 'wantConnected' },
          { target: 'active', actions: 'wantConnected' },
        ],
        'connection.reconnect': [
          { guard: 'isUnreleased', target: 'closing', actions: 'wantConnected' },
          { target: 'active', actions: 'wantConnected' },
        ],
        'connection.disconnect': [
          { guard: 'isUnreleased', target: 'closing', actions: 'wantDisconnected' },
          { target: 'disconnected', actions: 'wantDisconnected' },
        ],
        'connection.terminate': [
          { guard: 'isUnreleased', target: 'closing', actions: 'wantTerminated' },
          { target: 'terminated', actions: 'wantTerminated' },
        ],
        'system.woke': {
          guard: 'hasGivenUp',
          target: 'active.reconnecting',
          actions: { type: 'planWakeRetry', params: ({ event }) => event },
        },
      },
    },

    terminated: {
      description: 'Over for good.',
      tags: ['status:terminated', 'terminal'],
      type: 'final',
    },
  },
});

type TimeoutName = 'connect' | 'transport' | 'negotiation';

function missingCapabilities(context: ConnectionContext): string[] {
  const offered = context.answer?.capabilities ?? [];
  return context.requiredCapabilities.filter((capability) => !offered.includes(capability));
}

/** Milliseconds; a check asked for by hand has a limit also where health is not checked. */
function probeTimeout({ config }: ConnectionContext): number {
  return config.healthCheck === false ? DEFAULT_HEALTH_CHECK.timeout : config.healthCheck.timeout;
}

function probeTimeoutReason(context: ConnectionContext): string {
  return `no answer within ${probeTimeout(context)} ms`;
}

function probeInput({ handle, config, probeMethod, probeUrgency }: ConnectionContext): ProbeInput {
  return {
    handle,
    method: probeMethod,
    urgency: probeUrgency,
    interval: config.healthCheck === false ? null : config.healthCheck.interval,
    keepAliveInterval: config.keepAlive === false ? null : config.keepAlive.interval,
  };
}
