import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { actorErrorEventType, isReservedEventType } from '../eventNames.js';
import type { ExploreOptions } from './explore.js';
import { actorName } from './names.js';
import { allStateNodes } from './stateNodes.js';

/**
 * What a walk can be made of where nobody says anything: no input, events that carry nothing, actors that
 * return nothing, or fail where that is handled. A machine that reads more than that says so when it is
 * explored.
 */
export function bareFixtures(machine: AnyStateMachine): ExploreOptions<AnyStateMachine> {
  const nodes = [machine.root, ...allStateNodes(machine)];
  const types = new Set(nodes.flatMap((node) => [...node.transitions.keys()]));
  const events = [...types]
    // A wildcard is no event.
    .filter((type) => !isReservedEventType(type) && !type.endsWith('*'))
    .map((type) => [type, [{ type }]] as const);
  const invocations = nodes.flatMap((node) =>
    node.invoke.map(({ id, src }) => ({ name: actorName({ id, src }), handlesErrors: handles(node, id) })),
  );
  const actors = invocations.map(({ name }) => {
    const canFail = invocations.every((each) => each.name !== name || each.handlesErrors);
    return [name, { outputs: [undefined], errors: canFail ? [new Error('it failed')] : [] }] as const;
  });
  return {
    inputs: { none: undefined },
    events: Object.fromEntries(events),
    actors: Object.fromEntries(actors),
  };
}

function handles(node: AnyStateNode, actorId: string): boolean {
  const around = [node];
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) around.push(outer);
  return around.some(({ transitions }) => transitions.has(actorErrorEventType(actorId)));
}
