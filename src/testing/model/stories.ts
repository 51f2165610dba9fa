import type { AnyEventObject } from 'xstate';
import { describeStateValue, edgeCoveringPaths, explore, type MachinePath } from '../../graph/index.js';
import { connectionModel } from './connectionModel.machine.js';
import type { ModelEventType, ModelTransport } from './connectionModel.types.js';
import { EVENTS, PHRASES } from './phrases.js';

/** What a subject may promise beside what all have to do. */
export type Claim = 'joins' | 'recovers' | 'replaces' | 'reopens' | 'givesUp';

export interface ModelStep {
  readonly event: ModelEventType;
  /** The state of the model before the event. */
  readonly from: string;
  /** And after it. */
  readonly to: string;
  /** The event in words. */
  readonly phrase: string;
}

/** One way through the model. */
export interface ModelStory {
  readonly transport: ModelTransport;
  /** Its steps in words; unique for a transport. */
  readonly name: string;
  readonly steps: readonly ModelStep[];
  /** What a subject must claim for the story to be about it. */
  readonly needs: readonly Claim[];
}

/** Paths that take every transition of the model, from every state, for each transport. */
export function modelPaths(): MachinePath<typeof connectionModel>[] {
  const graph = explore(connectionModel, {
    inputs: { stdio: { transport: 'stdio' }, http: { transport: 'http' } },
    events: EVENTS,
    actors: {},
  });
  return edgeCoveringPaths(graph);
}

function isEventType(type: string): type is ModelEventType {
  return Object.hasOwn(PHRASES, type);
}

/** The stories of the model, the same for every subject. */
export function modelStories(): ModelStory[] {
  return modelPaths().map(storyOf);
}

function storyOf({ input, start, steps }: MachinePath<typeof connectionModel>): ModelStory {
  let from = describeStateValue(start.stateValue);
  const told = steps.map(({ event, stateValue }): ModelStep => {
    const step = { ...wordsOf(event), from, to: describeStateValue(stateValue) };
    from = step.to;
    return step;
  });
  return {
    transport: input === 'http' ? 'http' : 'stdio',
    name: told.map(({ phrase }) => phrase).join(' → '),
    steps: told,
    needs: [...new Set(told.flatMap(claimsFor))],
  };
}

function wordsOf({ type }: AnyEventObject): Pick<ModelStep, 'event' | 'phrase'> {
  if (!isEventType(type)) throw new Error(`the model has no event '${type}'`);
  return { event: type, phrase: PHRASES[type] };
}

function claimsFor({ event, from }: ModelStep): Claim[] {
  switch (event) {
    case 'subject.recover':
      return ['recovers'];
    case 'subject.replace':
      return ['replaces'];
    case 'subject.giveUp':
      return ['givesUp'];
    case 'user.connectTwice':
      return ['joins'];
    case 'user.connect':
      if (from === 'closed') return ['reopens'];
      return from === 'connected' || from === 'connecting' ? ['joins'] : [];
    default:
      return [];
  }
}
