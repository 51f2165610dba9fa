import {
  connectionMachine,
  DEFAULT_CONFIG,
  DEFAULT_HEALTH_CHECK,
  type Disposition,
  ERROR_ROUTING,
  IGNORED_EVENTS,
} from '../../../machines/index.js';
import { markdownTable } from '../markdown.js';
import { formatDuration, type MachineDocument } from './machineDocument.js';

const { timeout, retryPolicy } = DEFAULT_CONFIG;

const setBy = (setting: string, milliseconds: number) => ({
  setting: `\`${setting}\``,
  defaultText: formatDuration(milliseconds),
});

/** Where errors lead, in the order in which `releasing` asks. */
const routes: { [Kind in Disposition]: string } = {
  authorization: '`authorizing`: waits for the user; not an attempt',
  fatal: '`failed`: trying again cannot help',
  'fatal-at-first': 'where the connection was never up: `failed`; else like a retryable one',
  'session-expired': '`queued`: a new session at once, the first time; then like a retryable one',
  retryable:
    '`reconnecting`, then `queued`; at once where the connection was stable; `failed` when the attempts are used up',
};

function errorsTable(): string {
  const codes = Object.entries(ERROR_ROUTING);
  const rows = Object.entries(routes).map(([kind, route]) => [
    kind,
    route,
    codes
      .filter(([, disposition]) => disposition === kind)
      .map(([code]) => `\`${code}\``)
      .join(', '),
  ]);
  const text =
    'A session that is lost, or an attempt that fails, is released first (`releasing`). Then the error decides, the upper rows first.';
  return `${text}\n\n${markdownTable(['kind', 'leads to', 'codes'], rows)}`;
}

function backoffText(): string {
  const { backoffStrategy, jitter, minDelay } = retryPolicy;
  if (backoffStrategy.type !== 'exponential') return backoffStrategy.type;
  const { initial, multiplier, maxDelay } = backoffStrategy;
  return `${formatDuration(initial)} ×${multiplier} to ${formatDuration(maxDelay)}, jitter ${jitter}, at least ${formatDuration(minDelay)}`;
}

export const connectionDocument: MachineDocument = {
  file: 'connection',
  machine: connectionMachine,
  introduction: `A session lives as long as the state \`session\`, and not a moment longer: leaving the state ends it, and
nothing opens before \`release\` has finished. So there are never two live transports. The last command wins,
whatever the state; \`terminate\` latches.`,
  events: [
    {
      title: 'Commands',
      text: 'What may be asked of a connection, and the news that the machine slept. `→` target; `↻` entered again; `/` stays, and acts; `↑` an outer state answers; `–` ignored on purpose, at least under [a condition](#ignored-on-purpose).',
      types: [
        'connection.connect',
        'connection.disconnect',
        'connection.terminate',
        'connection.reconnect',
        'connection.checkHealth',
        'connection.authorize',
        'system.woke',
      ],
      rows: 'all',
    },
    {
      title: 'Facts',
      text: 'What the session reports, and what the probe’s region tells the others (`probe.…`). Only states that answer one themselves are listed; the states inside them do likewise. Elsewhere a fact means nothing any more, and is dropped.',
      types: [
        'transport.opened',
        'handshake.answered',
        'handshake.completed',
        'session.heard',
        'session.lost',
        'session.drained',
        'probe.passed',
        'probe.late',
        'probe.failed',
      ],
      rows: 'answering',
    },
  ],
  delays: {
    connectTimeout: setBy('timeout.connect', timeout.connect),
    transportTimeout: setBy('timeout.transport', timeout.transport),
    negotiationTimeout: setBy('timeout.negotiation', timeout.negotiation),
    probeTimeout: setBy('healthCheck.timeout', DEFAULT_HEALTH_CHECK.timeout),
    probeDelay: {
      setting: '`healthCheck.interval` and `keepAlive.interval`; after a failure `healthCheck.confirmAfter`',
      defaultText: `${formatDuration(DEFAULT_HEALTH_CHECK.interval)}; ${formatDuration(DEFAULT_HEALTH_CHECK.confirmAfter)}`,
    },
    stableAfter: setBy('retryPolicy.stableAfter', retryPolicy.stableAfter),
    drainTimeout: setBy('timeout.drain', timeout.drain),
    releaseTimeout: setBy('timeout.release', timeout.release),
    backoffDelay: { setting: '`retryPolicy.backoffStrategy`', defaultText: backoffText() },
  },
  actors: {
    turn: 'Waits until this connection may start, where starts are limited.',
    session: 'Owns client and transport, and reports what happens to them.',
    probe: 'Asks whether the server lives, and finds the evidence.',
    restore: 'Puts back what the session before had set up: log level, subscriptions, lists (R18).',
    release: 'Closes the session completely. Idempotent.',
    authorize: 'Exchanges the authorization code for tokens.',
  },
  sections: [{ title: 'Errors, and where they lead', text: errorsTable() }],
  ignored: IGNORED_EVENTS,
};
