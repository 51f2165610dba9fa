/**
 * Faults that somebody could make, one at a time: in `file`, the only occurrence of `code` becomes
 * `fault`. The tests of the chart must catch every one of them.
 */
const machine = 'machines/connection/connection.machine.ts';
const updates = 'machines/connection/updates.ts';
const policy = 'machines/connection/policy.ts';
const entry = 'machines/pool/entry.machine.ts';
const daemon = 'machines/daemon/daemon.machine.ts';

export const faults = [
  {
    name: 'wrong target: a drained session is not released',
    file: machine,
    code: "'session.drained': { target: '#connection.closing' }",
    fault: "'session.drained': { target: '#connection.disconnected' }",
  },
  {
    name: 'wrong target: a lost session is not released',
    file: machine,
    code: `            'session.lost': {
              target: 'releasing',`,
    fault: `            'session.lost': {
              target: 'reconnecting',`,
  },
  {
    name: 'missing guard: nobody gives up',
    file: machine,
    code: "guard: { type: 'isExhausted', params: ({ event }) => event.output },",
    fault: 'guard: () => false,',
  },
  {
    name: 'missing guard: fatal errors are retried',
    file: machine,
    code: "{ guard: 'isFatal', target: '#connection.failed', actions: 'recordFatal' },",
    fault: '',
  },
  {
    name: 'missing guard: stable without a proof of life',
    file: machine,
    code: `                          guard: { type: 'isProvenStable', params: ({ event }) => event },
`,
    fault: '',
  },
  {
    name: 'missing guard: an unreleased session is not released before the next',
    file: machine,
    code: `        'connection.connect': [
          { guard: 'isUnreleased', target: 'closing', actions: 'wantConnected' },`,
    fault: "        'connection.connect': [",
  },
  {
    name: 'swapped threshold: one failure too many',
    file: machine,
    code: 'context.probeFailures + 1 >= context.config.healthCheck.failureThreshold',
    fault: 'context.probeFailures + 1 > context.config.healthCheck.failureThreshold',
  },
  {
    name: 'dropped intent: a disconnect while closing is not heard',
    file: machine,
    code: `        'connection.disconnect': { guard: 'canOverrule', actions: 'wantDisconnected' },
        'connection.terminate': { actions: 'wantTerminated' },
        'system.woke': { target: 'closing', reenter: true },`,
    fault: `        'connection.terminate': { actions: 'wantTerminated' },
        'system.woke': { target: 'closing', reenter: true },`,
  },
  {
    name: 'dropped intent: a connect while draining comes to nothing',
    file: machine,
    code: `                'connection.connect': { guard: 'canOverrule', actions: 'wantConnected' },
                'connection.reconnect': { guard: 'canOverrule', actions: 'wantConnected' },
                'connection.disconnect'`,
    fault: `                'connection.connect': { guard: 'canOverrule' },
                'connection.reconnect': { guard: 'canOverrule', actions: 'wantConnected' },
                'connection.disconnect'`,
  },
  {
    name: 'terminate does not latch',
    file: machine,
    code: "canOverrule: ({ context }) => context.intent !== 'terminated',",
    fault: 'canOverrule: () => true,',
  },
  {
    name: 'swapped order: an exhausted connection asks for authorization no more',
    file: machine,
    code: `              { guard: 'isAuthorizationNeeded', target: 'authorizing' },
              { guard: 'isFatal', target: '#connection.failed', actions: 'recordFatal' },
              {
                guard: { type: 'isExhausted', params: ({ event }) => event.output },
                target: '#connection.failed',
                actions: 'recordExhausted',
              },`,
    fault: `              {
                guard: { type: 'isExhausted', params: ({ event }) => event.output },
                target: '#connection.failed',
                actions: 'recordExhausted',
              },
              { guard: 'isAuthorizationNeeded', target: 'authorizing' },
              { guard: 'isFatal', target: '#connection.failed', actions: 'recordFatal' },`,
  },
  {
    name: 'the server is never told that it is accepted',
    file: machine,
    code: "                      entry: 'acceptServer',\n",
    fault: '',
  },
  {
    name: 'the first probe is skipped',
    file: machine,
    code: "{ target: 'healthCheck' },",
    fault: "{ target: '#connection.active.session.connected' },",
  },
  {
    name: 'what a lost session had set up is not put back',
    file: machine,
    code: "target: '#connection.active.session.connecting.restoring',",
    fault: "target: '#connection.active.session.connecting.restored',",
  },
  {
    name: 'a server that does not answer what is put back is waited for without end',
    file: machine,
    code: "after: { negotiationTimeout: { target: 'restored' } },",
    fault: '',
  },
  {
    name: 'a ping that is not answered is asked again for ever',
    file: machine,
    code: `                        actions: 'tryAlternative',
                      },
                      { target: '#connection.active.releasing', actions: 'refuseProbeTimeout' },`,
    fault: `                      },
                      { target: '#connection.active.releasing', actions: 'refuseProbeTimeout' },`,
  },
  {
    name: 'a release that never ends is called a success',
    file: machine,
    code: "after: { releaseTimeout: { target: '#connection.failed', actions: 'recordUnreleased' } },",
    fault: "after: { releaseTimeout: { target: 'reconnecting' } },",
  },
  {
    name: 'lost reset: attempts are never forgotten',
    file: updates,
    code: 'return { attempts: 0, wasStable: true, lostAt: null };',
    fault: 'return { wasStable: true, lostAt: null };',
  },
  {
    name: 'lost reset: every retry is immediate once the connection was stable',
    file: updates,
    code: `    attempts: context.attempts + 1,
    wasStable: false,`,
    fault: '    attempts: context.attempts + 1,',
  },
  {
    name: 'lost reset: failures before a passed probe still count',
    file: updates,
    code: `  return {
    probeFailures: 0,
    probeFailure: null,
    probeUrgency: 'routine',
    probeDelay: output.nextDelay,`,
    fault: `  return {
    probeFailure: null,
    probeUrgency: 'routine',
    probeDelay: output.nextDelay,`,
  },
  {
    name: 'lost reset: failures from before the machine slept still count',
    file: updates,
    code: "return { probeFailures: 0, probeUrgency: 'now', probeDelay: random * WAKE_SPREAD };",
    fault: "return { probeUrgency: 'now', probeDelay: random * WAKE_SPREAD };",
  },
  {
    name: 'an attempt is not counted',
    file: updates,
    code: 'attempts: context.attempts + 1,\n    wasStable: false,',
    fault: 'attempts: context.attempts,\n    wasStable: false,',
  },
  {
    name: 'a missing command is retried',
    file: policy,
    code: "COMMAND_NOT_FOUND: 'fatal-at-first',",
    fault: "COMMAND_NOT_FOUND: 'retryable',",
  },
  {
    name: 'the backoff has no cap',
    file: policy,
    code: 'Math.min(delay, backoffCap(strategy), MAX_DURATION)',
    fault: 'Math.min(delay, MAX_DURATION)',
  },
  {
    name: 'the server’s Retry-After leaves the cap',
    file: policy,
    code: 'Math.min(retryAfter, backoffCap(policy.backoffStrategy), MAX_DURATION)',
    fault: 'Math.min(retryAfter, MAX_DURATION)',
  },
  {
    name: 'the public state: closing is called disconnected',
    file: 'src/connection/state.ts',
    code: "'status:closing': 'closing',",
    fault: "'status:closing': 'disconnected',",
  },
  {
    name: 'the public health: a degraded server is called healthy',
    file: 'src/connection/state.ts',
    code: "return isTagged(snapshot, 'degraded')",
    fault: "return isTagged(snapshot, 'exchanging')",
  },
  {
    name: 'the pool: a failed connection poisons its name',
    file: entry,
    code: "'entry.want': { actions: 'await' },",
    fault: "'entry.want': {},",
  },
  {
    name: 'the pool: one failed check is enough for a new session',
    file: entry,
    code: "{ target: 'recovering' },\n                    ],",
    fault: "{ target: 'opening', actions: 'reopen' },\n                    ],",
  },
  {
    name: 'the pool: freshness is ignored',
    file: 'machines/pool/updates.ts',
    code: 'return silence === null || silence > policy.freshness;',
    fault: 'return false;',
  },
  {
    name: 'the pool: what retries for ever never ends for disuse',
    file: entry,
    code: "'connection.opening': { target: '.opening' },",
    fault: "'connection.opening': { target: '#entry.present.held' },",
  },
  {
    name: 'the pool: what somebody came for ends for disuse',
    file: entry,
    code: `                    'entry.want': {
                      target: 'resting',
                      actions: { type: 'planReview', params: { unusedFor: 0 } },
                    },
`,
    fault: '',
  },
  {
    name: 'the pool: draining cuts the calls in flight',
    file: 'machines/pool/pool.machine.ts',
    code: "'pool.drain': { target: 'draining' }",
    fault: "'pool.drain': { target: 'closing' }",
  },
  {
    name: 'the pool: what is in use is evicted',
    file: 'src/pool/admission.ts',
    code: '.filter((entry) => entry.isOccupying && entry.usage.isIdle)',
    fault: '.filter((entry) => entry.isOccupying)',
  },
  {
    name: 'the pool: the new one is visible before the old one has ended',
    file: 'src/pool/roster.ts',
    code: 'await this.#entries.get(name)?.retire();',
    fault: 'void this.#entries.get(name)?.retire();',
  },
  {
    name: 'the pool: a get asks the server past the connection, which does not count it',
    file: 'src/pool/lifeSigns.ts',
    code: 'const health = await this.#manager.checkHealth({ signal });',
    fault: "const health = await this.#manager.client?.ping().then(() => ({ status: 'healthy' }));",
  },
  {
    name: 'the pool: waiting for the turn to start counts as connecting',
    file: machine,
    code: `            onDone: { target: 'session' },
            onError: {`,
    fault: `            onDone: { target: 'session' },
          },
          after: {
            connectTimeout: {`,
  },
  {
    name: 'the pool: everything starts at once',
    file: 'src/pool/ConnectionPool.ts',
    code: '{ ...server, gate }',
    fault: '{ ...server }',
  },
  {
    name: 'the pool: a get is served while it drains',
    file: 'src/pool/ConnectionPool.ts',
    code: "return value === 'open' ? null",
    fault: "return value === 'open' || value === 'draining' ? null",
  },
  {
    name: 'the pool: whoever gave up still holds the place',
    file: 'src/pool/PoolEntry.ts',
    code: "if (!this.usage.isAwaited) this.#send({ type: 'entry.abandon' });",
    fault: '',
  },
  {
    name: 'the daemon: it leaves with calls in flight',
    file: daemon,
    code: "'daemon.drain': { target: 'draining',",
    fault: "'daemon.drain': { target: 'stopping',",
  },
  {
    name: 'the daemon: it is idle with somebody there',
    file: daemon,
    code: 'hasClients: ({ context }) => context.clients > 0,',
    fault: 'hasClients: ({ context }) => context.clients > 1,',
  },
  {
    name: 'the daemon: two of them serve',
    file: daemon,
    code: "{ guard: { type: 'isOwner', params: ({ event }) => event.output }, target: 'reaping' },",
    fault: "{ target: 'reaping' },",
  },
  {
    name: 'the daemon: it listens before it has cleared up',
    file: daemon,
    code: "params: ({ event }) => event.output }, target: 'reaping' },",
    fault: "params: ({ event }) => event.output }, target: 'publishing' },",
  },
  {
    name: 'the daemon: a server that does not end keeps it for ever',
    file: daemon,
    code: "after: { stopTimeout: { target: 'stopped', actions: 'recordStopTimeout' } },",
    fault: '',
  },
];
