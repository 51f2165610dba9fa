import type { AnyEventObject, AnyStateMachine, AnyStateNode } from 'xstate';
import { isReservedEventType, parseEventType } from '../eventNames.js';
import { describeGuard } from './names.js';
import { allStateNodes } from './stateNodes.js';

/**
 * Refuses what a walk could not use, with a sentence that names what is missing. A machine that lacks an
 * implementation would otherwise take other ways than it does when it runs: a delay that is not there
 * fires at once, an actor that is not there never ends.
 *
 * @throws TypeError
 */
export function assertReady(
  machine: AnyStateMachine,
  given: { inputs?: unknown; events?: unknown; actors?: unknown },
): void {
  if (!isMachine(machine))
    throw new TypeError(`explore: found ${typeName(machine)}, expected an XState v5 machine`);
  const { inputs, events, actors } = given;
  if (!isRecord(inputs)) {
    throw new TypeError(
      '`inputs` is missing: what the machine is started with, by a name for each; { none: undefined } where it takes no input',
    );
  }
  if (!isRecord(events)) {
    throw new TypeError(
      `\`events\`: found ${typeName(events)}, expected the cases of each event: { ${sampleEvent(machine)} }`,
    );
  }
  if (!isRecord(actors)) {
    throw new TypeError(
      `\`actors\`: found ${typeName(actors)}, expected how each actor may end, such as { load: { outputs: [1], errors: [] } }; {} where there is none`,
    );
  }
  assertCases(events);
  assertAllEvents(machine, Object.keys(events));
  assertImplemented(machine);
}

function isMachine(value: unknown): boolean {
  return isRecord(value) && typeof Reflect.get(value, 'getInitialSnapshot') === 'function' && 'root' in value;
}

function isRecord(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `a value of the type ${typeof value}`;
}

function sampleEvent(machine: AnyStateMachine): string {
  const [type = 'go'] = publicDescriptors(machine);
  return `'${type}': [{ type: '${type}' }]`;
}

function assertCases(events: { [type: string]: unknown }): void {
  for (const [type, cases] of Object.entries(events)) {
    if (typeof cases === 'function') continue;
    if (!Array.isArray(cases)) {
      throw new TypeError(`\`events\`: '${type}' has ${typeName(cases)}, expected a list of its cases`);
    }
    for (const each of cases) assertTyped(type, each);
  }
}

/** @throws TypeError when a case is not an event of the type that it is listed under */
export function assertTyped(type: string, event: unknown): asserts event is AnyEventObject {
  const found = isRecord(event) ? Reflect.get(event, 'type') : undefined;
  if (found === type) return;
  // A wildcard stands for events of other types.
  if (type.endsWith('*') && typeof found === 'string' && found.startsWith(type.slice(0, -1))) return;
  const text = found === undefined ? 'without a type' : `of the type ${JSON.stringify(found)}`;
  throw new TypeError(`\`events\`: '${type}' has a case ${text}, expected { type: '${type}', … }`);
}

/** An event nobody has cases for would be walked past without a word. */
function assertAllEvents(machine: AnyStateMachine, types: readonly string[]): void {
  const missing = publicDescriptors(machine).filter((descriptor) =>
    descriptor.endsWith('*')
      ? !types.some((type) => type.startsWith(descriptor.slice(0, -1)))
      : !types.includes(descriptor),
  );
  if (missing.length === 0) return;
  const names = missing.map((type) => `'${type}'`).join(', ');
  throw new TypeError(
    `\`events\` has no cases for ${names}: give each a list, [] where nobody sends it; for a wildcard, an event that it takes`,
  );
}

function publicDescriptors(machine: AnyStateMachine): string[] {
  const types = nodesOf(machine).flatMap((node) => [...node.transitions.keys()]);
  return [...new Set(types)].filter((type) => !isReservedEventType(type));
}

function nodesOf(machine: AnyStateMachine): AnyStateNode[] {
  return [machine.root, ...allStateNodes(machine)];
}

function assertImplemented(machine: AnyStateMachine): void {
  const { guards, delays, actors } = machine.implementations;
  const used = nodesOf(machine).map((node) => ({
    guards: transitionsOf(node).flatMap(({ guard }) => namesOfGuard(guard)),
    delays: [...node.transitions.keys()].flatMap((type) => delayName(type, node)),
    actors: node.invoke.flatMap(({ src }) =>
      typeof src === 'string' && !isReservedEventType(src) ? [src] : [],
    ),
  }));
  const missing = [
    ...lacking(
      'guard',
      guards,
      used.flatMap((each) => each.guards),
    ),
    ...lacking(
      'delay',
      delays,
      used.flatMap((each) => each.delays),
    ),
    ...lacking(
      'actor',
      actors,
      used.flatMap((each) => each.actors),
    ),
  ];
  if (missing.length === 0) return;
  throw new TypeError(
    `'${machine.id}' names what it does not have: ${missing.join(', ')}; give it with setup({ … }) or machine.provide({ … })`,
  );
}

function transitionsOf(node: AnyStateNode) {
  return [...node.transitions.values(), node.always ?? []].flat();
}

function delayName(type: string, node: AnyStateNode): string[] {
  const name = parseEventType(type, node.id);
  return name.kind === 'after' && Number.isNaN(Number(name.delay)) ? [name.delay] : [];
}

/** Of a combination of guards, those that it is made of. */
function namesOfGuard(guard: unknown): string[] {
  if (typeof guard === 'function') {
    const operands: unknown = Reflect.get(guard, 'guards');
    return Array.isArray(operands) ? operands.flatMap(namesOfGuard) : [];
  }
  const name = describeGuard(guard);
  // What XState brings itself, such as `stateIn`, is a function.
  return name === undefined || name === '(inline)' ? [] : [name];
}

function lacking(kind: string, implementations: object, names: readonly string[]): string[] {
  return [...new Set(names)]
    .filter((name) => Reflect.get(implementations, name) === undefined)
    .map((name) => `the ${kind} '${name}'`);
}
