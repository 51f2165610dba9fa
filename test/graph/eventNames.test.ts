import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import {
  actorDoneEventType,
  actorErrorEventType,
  afterEventType,
  describeEventType,
  isReservedEventType,
  parseEventType,
} from '../../src/graph/index.js';

describe('names of events', () => {
  test.each([
    ['', 'always', 'always'],
    ['xstate.init', 'init', 'start'],
    ['xstate.stop', 'stop', 'stop'],
    ['xstate.after.probeDelay.connection.active', 'after', 'after probeDelay'],
    ['xstate.after.200.connection.active', 'after', 'after 200 ms'],
    ['xstate.done.actor.release', 'actor-done', 'done release'],
    ['xstate.error.actor.0.connection.active', 'actor-error', 'error 0.connection.active'],
    ['xstate.snapshot.release', 'actor-snapshot', 'snapshot release'],
    ['xstate.done.state.connection.active', 'state-done', 'done state connection.active'],
    ['xstate.route', 'unknown', 'xstate.route'],
    ['session.lost', 'public', 'session.lost'],
    ['*', 'public', '*'],
  ])('%j is of the kind %s and reads %j', (type, kind, text) => {
    expect(parseEventType(type).kind).toBe(kind);
    expect(describeEventType(type)).toBe(text);
    expect(isReservedEventType(type)).toBe(kind !== 'public');
  });

  test('a delay is told from the state by the id of the state, where both have dots', () => {
    const type = afterEventType('a.b', 'm.c.d');
    expect(parseEventType(type, 'm.c.d')).toEqual({ kind: 'after', delay: 'a.b', stateId: 'm.c.d' });
    expect(parseEventType(afterEventType(0.5, 'm'))).toEqual({ kind: 'after', delay: '0.5', stateId: 'm' });
    expect(parseEventType(afterEventType('wait', 'm.a'))).toEqual({
      kind: 'after',
      delay: 'wait',
      stateId: 'm.a',
    });
  });

  test('actors and states can be given other names', () => {
    expect(describeEventType(actorDoneEventType('0.m'), { actorName: () => 'work' })).toBe('done work');
    expect(describeEventType('xstate.done.state.m.a', { stateName: () => 'a' })).toBe('done state a');
  });

  test('are those that XState gives', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { after: { 10: 'b', wait: 'b' }, invoke: { id: 'x', src: 'x', onDone: 'b', onError: 'b' } },
        b: {},
      },
    });
    expect([...machine.getStateNodeById('m.a').transitions.keys()].sort()).toEqual(
      [
        afterEventType(10, 'm.a'),
        afterEventType('wait', 'm.a'),
        actorDoneEventType('x'),
        actorErrorEventType('x'),
      ].sort(),
    );
  });
});
