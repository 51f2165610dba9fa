import { escapeText } from '../escape.js';
import type { ConnectionState } from '../index.js';
import type { Told } from './events.js';
import { clip, type Line, milliseconds } from './line.js';

/** Longest excerpt of what a server said, in characters. */
const EXCERPT = 160;
/** So many names of a list are shown. */
const NAMES = 4;

type StateChanged = Extract<Told, { event: 'state.changed' }>;
type Connecting = Extract<ConnectionState, { status: 'connecting' }>;

const PHASES: { [phase in Connecting['phase']]: string | null } = {
  // Nobody else is in the queue.
  queued: null,
  transportSetup: 'opens the transport',
  handshakeStart: 'sends the handshake',
  capabilityNegotiation: 'checks version and capabilities',
  healthCheck: 'sends the first probe',
};

/** An event in words for people; none where it is not worth a line. */
export function sentences(told: Told): Line[] {
  const line = sentence(told);
  const identity = told.event === 'state.changed' ? identitySentence(told) : null;
  return [line, identity].filter((said) => said !== null);
}

function sentence(told: Told): Line | null {
  switch (told.event) {
    case 'state.changed':
      return stateSentence(told);
    case 'features.negotiated': {
      const features = told.features.filter((feature) => !feature.includes('.'));
      return { mark: 'fact', label: 'offers', text: foreign(features.join(', ') || 'nothing') };
    }
    case 'health.checked':
      return { mark: 'fact', label: 'health', text: told.status, note: milliseconds(told.duration) };
    case 'items.listed':
      return {
        mark: 'fact',
        label: told.of,
        text: names(told.names, told.isComplete),
        note: milliseconds(told.duration),
      };
    case 'list.refused':
      return { mark: 'fact', label: told.of, text: `refused: ${foreign(told.message)}` };
    case 'tool.called':
      return {
        mark: 'ask',
        label: 'call',
        text: `${foreign(told.tool)} ${foreign(JSON.stringify(told.arguments))}`,
        note: told.waits ? 'waits for a session' : undefined,
      };
    case 'tool.answered':
      return {
        mark: told.isError ? 'bad' : 'answer',
        label: told.isError ? 'error' : 'answer',
        text: told.text === null ? `${told.characters} characters of text` : foreign(told.text),
        note: milliseconds(told.duration),
      };
    case 'tool.failed':
      return {
        mark: 'bad',
        label: 'call failed',
        text:
          told.mayHaveExecuted === true
            ? `${told.code}: may have run, so it is not sent again`
            : foreign(`${told.code}: ${told.message}`),
        note: milliseconds(told.duration),
      };
    case 'tool.skipped':
      return { mark: 'fact', label: 'no call', text: told.reason };
    case 'server.started':
      return { mark: 'fact', label: 'server', text: `process ${told.pid} at ${told.url}` };
    case 'server.killed':
      return { mark: 'bad', label: told.signal, text: `process ${told.pid}` };
    case 'server.gone':
      return { mark: 'fact', label: 'left running', text: `nothing (was: process ${told.pids.join(', ')})` };
    default:
      return null;
  }
}

function stateSentence(told: StateChanged): Line | null {
  const { from, to, error, delay, duration } = told;
  switch (to.status) {
    case 'connecting': {
      const text = PHASES[to.phase];
      return text === null ? null : { mark: 'busy', label: 'connecting', text };
    }
    case 'connected': {
      const { serverInfo, protocolVersion } = to.info;
      const who = foreign(`${serverInfo.title ?? serverInfo.name} ${serverInfo.version}`.trim());
      return {
        mark: 'up',
        label: 'connected',
        text: `${who}, MCP ${foreign(protocolVersion)}`,
        note: duration === undefined ? undefined : `after ${milliseconds(duration)}`,
      };
    }
    case 'reconnecting':
      if (delay !== undefined) {
        const text = `retry ${to.retryCount} in ${milliseconds(delay)}`;
        return { mark: 'retry', label: 'reconnecting', text };
      }
      return {
        mark: 'bad',
        label: from.status === 'connected' ? 'lost' : 'in vain',
        text: error === undefined ? '' : foreign(error.message),
      };
    case 'authorizing':
      return { mark: 'busy', label: 'authorizing', text: error === undefined ? '' : foreign(error.message) };
    case 'failed':
      return { mark: 'bad', label: 'failed', text: to.error.code };
    case 'closing':
      return { mark: 'down', label: 'closing', text: '' };
    default:
      // What failed was closed before.
      return from.status === 'failed' ? null : { mark: 'down', label: 'closed', text: '' };
  }
}

/** What tells this session from the ones before it. */
function identitySentence({ pid, session }: StateChanged): Line | null {
  if (pid !== undefined) return { mark: 'fact', label: 'process', text: String(pid) };
  return session === undefined ? null : { mark: 'fact', label: 'session', text: `${foreign(session)}…` };
}

function names(all: readonly string[], isComplete: boolean): string {
  const shown = all.slice(0, NAMES).map(foreign).join(', ');
  const more = all.length > NAMES ? ', …' : '';
  return `${all.length}${isComplete ? '' : '+'}${all.length === 0 ? '' : `: ${shown}${more}`}`;
}

function foreign(text: string): string {
  return clip(escapeText(text), EXCERPT);
}
