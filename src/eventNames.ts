/**
 * How XState names the events it makes up itself. The names are its own business and may change, so
 * everything that reads or writes them is here; nothing else is.
 */

/** What an event's name says. `unknown` is an `xstate.` event of a kind we do not know. */
export type EventName =
  | { kind: 'public'; type: string }
  | { kind: 'always' }
  | { kind: 'init' }
  | { kind: 'stop' }
  | { kind: 'after'; delay: string; stateId: string }
  | { kind: 'actor-done'; actorId: string }
  | { kind: 'actor-error'; actorId: string }
  | { kind: 'actor-snapshot'; actorId: string }
  | { kind: 'state-done'; stateId: string }
  | { kind: 'unknown'; type: string };

export const INIT_EVENT_TYPE = 'xstate.init';

const RESERVED = 'xstate.';
const AFTER = 'xstate.after.';
const ACTOR_DONE = 'xstate.done.actor.';
const ACTOR_ERROR = 'xstate.error.actor.';
const ACTOR_SNAPSHOT = 'xstate.snapshot.';
const STATE_DONE = 'xstate.done.state.';

export function afterEventType(delay: string | number, stateId: string): string {
  return `${AFTER}${delay}.${stateId}`;
}

export function actorDoneEventType(actorId: string): string {
  return `${ACTOR_DONE}${actorId}`;
}

export function actorErrorEventType(actorId: string): string {
  return `${ACTOR_ERROR}${actorId}`;
}

export function actorSnapshotEventType(actorId: string): string {
  return `${ACTOR_SNAPSHOT}${actorId}`;
}

/** Whether the event was made up by XState and not sent by anybody. */
export function isReservedEventType(type: string): boolean {
  return type === '' || type.startsWith(RESERVED);
}

/**
 * Reads an event's name.
 *
 * @param stateId id of the state that waits, where it is known: the name of an `after` event joins the
 *   delay and the id with a dot, and both may contain dots. Without it the delay is taken to be a
 *   number, or to end at its first dot.
 */
export function parseEventType(type: string, stateId?: string): EventName {
  if (type === '') return { kind: 'always' };
  if (!type.startsWith(RESERVED)) return { kind: 'public', type };
  if (type === INIT_EVENT_TYPE) return { kind: 'init' };
  if (type === 'xstate.stop') return { kind: 'stop' };
  if (type.startsWith(AFTER)) return parseAfter(type.slice(AFTER.length), stateId);
  if (type.startsWith(ACTOR_DONE)) return { kind: 'actor-done', actorId: type.slice(ACTOR_DONE.length) };
  if (type.startsWith(ACTOR_ERROR)) return { kind: 'actor-error', actorId: type.slice(ACTOR_ERROR.length) };
  if (type.startsWith(ACTOR_SNAPSHOT)) {
    return { kind: 'actor-snapshot', actorId: type.slice(ACTOR_SNAPSHOT.length) };
  }
  if (type.startsWith(STATE_DONE)) return { kind: 'state-done', stateId: type.slice(STATE_DONE.length) };
  return { kind: 'unknown', type };
}

function parseAfter(rest: string, stateId: string | undefined): EventName {
  if (stateId !== undefined && rest.endsWith(`.${stateId}`)) {
    return { kind: 'after', delay: rest.slice(0, -stateId.length - 1), stateId };
  }
  const [whole = rest, delay = rest, id = ''] = /^(\d+(?:\.\d+)?|[^.]*)\.(.*)$/.exec(rest) ?? [];
  return whole === rest && id !== ''
    ? { kind: 'after', delay, stateId: id }
    : { kind: 'after', delay: rest, stateId: '' };
}

/** What `describeEventType` may know about the machine the event belongs to. */
export interface EventNaming {
  /** Id of the state that handles the event. */
  stateId?: string | undefined;
  /** What to call an actor; default is its id. */
  actorName?: ((actorId: string) => string) | undefined;
  /** What to call a state; default is its id. */
  stateName?: ((stateId: string) => string) | undefined;
}

/**
 * The event as people read it: `after connectTimeout`, `after 200 ms`, `done release`, `error probe`,
 * `done state connected`, `always`; the name itself where somebody sends it.
 */
export function describeEventType(type: string, naming: EventNaming = {}): string {
  const name = parseEventType(type, naming.stateId);
  const actor = (id: string) => naming.actorName?.(id) ?? id;
  switch (name.kind) {
    case 'always':
      return 'always';
    case 'init':
      return 'start';
    case 'stop':
      return 'stop';
    case 'after':
      return Number.isNaN(Number(name.delay)) ? `after ${name.delay}` : `after ${name.delay} ms`;
    case 'actor-done':
      return `done ${actor(name.actorId)}`;
    case 'actor-error':
      return `error ${actor(name.actorId)}`;
    case 'actor-snapshot':
      return `snapshot ${actor(name.actorId)}`;
    case 'state-done':
      return `done state ${naming.stateName?.(name.stateId) ?? name.stateId}`;
    case 'public':
    case 'unknown':
      return name.type;
  }
}
