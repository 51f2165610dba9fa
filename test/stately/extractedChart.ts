/**
 * A chart as Stately's tools read it: from its source, which they parse and never run. What they cannot
 * follow they leave out without a word.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

type Many<Value> = Value | Value[];

/** What the extractor makes of a chart, as far as it is compared. */
interface ExtractedTransition {
  target?: Many<string>;
  cond?: { kind: 'named' | 'inline'; type: string };
  actions?: Many<ExtractedAction>;
}

interface ExtractedAction {
  kind: 'named' | 'inline' | 'builtin';
  action: { type?: string; expr?: string };
}

interface ExtractedInvocation {
  id?: string;
  src: string;
  onDone?: Many<ExtractedTransition>;
  onError?: Many<ExtractedTransition>;
}

interface ExtractedState {
  id?: string;
  type?: string;
  history?: string | boolean;
  initial?: string;
  description?: string;
  tags?: Many<string>;
  entry?: Many<ExtractedAction>;
  exit?: Many<ExtractedAction>;
  on?: { [event: string]: Many<ExtractedTransition> };
  after?: { [delay: string]: Many<ExtractedTransition> };
  always?: Many<ExtractedTransition>;
  onDone?: Many<ExtractedTransition>;
  invoke?: Many<ExtractedInvocation>;
  states?: { [name: string]: ExtractedState };
}

interface Extractor {
  extractMachinesFromFile(source: string): { machines: { toConfig(): ExtractedState | undefined }[] } | null;
}

// In a workspace of its own, with the XState 4 that it reads with.
const tools = new URL('../../node_modules/mcp-lifeline-tools/package.json', import.meta.url);
const extractor: Extractor = createRequire(fileURLToPath(tools))('@xstate/machine-extractor');

/** One state of a chart, in the words in which both sides are compared. */
export interface ReadState {
  path: string;
  kind: string;
  description: string | undefined;
  tags: readonly string[];
  initial: string | undefined;
  entry: readonly string[];
  exit: readonly string[];
  invokes: readonly string[];
  /** `done release #3 [isExhausted] -> failed / recordExhausted`, sorted. */
  transitions: readonly string[];
}

/** Every state that is found in the source of a chart, parents before children. */
export function extractStates(source: string): ReadState[] {
  const machines = extractor.extractMachinesFromFile(source)?.machines ?? [];
  const [machine] = machines;
  if (machine === undefined || machines.length > 1)
    throw new Error(`${machines.length} machines in one file`);
  const root = machine.toConfig();
  if (root === undefined) throw new Error('the machine has no definition that can be read');
  const read = (state: ExtractedState, path: readonly string[]): ReadState[] => [
    readState(state, path, root.id ?? '(machine)'),
    ...Object.entries(state.states ?? {}).flatMap(([name, child]) => read(child, [...path, name])),
  ];
  return read(root, []);
}

function readState(state: ExtractedState, path: readonly string[], rootId: string): ReadState {
  const initial = state.initial === undefined ? undefined : [...path, state.initial].join('.');
  return {
    path: pathText(path),
    kind: state.type ?? (state.states === undefined ? 'atomic' : 'compound'),
    description: state.description,
    tags: many(state.tags),
    initial,
    entry: many(state.entry).map(actionText),
    exit: many(state.exit).map(actionText),
    invokes: many(state.invoke).map(({ src }) => src),
    transitions: transitionsIn(state)
      .flatMap(([label, transitions]) =>
        many(transitions).map((transition, index) =>
          transitionText({
            label,
            index,
            guard: transition.cond?.type,
            targets: many(transition.target).map((target) => pathText(targetPath(target, path, rootId))),
            actions: many(transition.actions).map(actionText),
          }),
        ),
      )
      .sort(),
  };
}

function transitionsIn(state: ExtractedState): [label: string, Many<ExtractedTransition>][] {
  const named = (prefix: string, group: { [name: string]: Many<ExtractedTransition> } = {}) =>
    Object.entries(group).map(([name, list]): [string, Many<ExtractedTransition>] => [prefix + name, list]);
  const invoked = many(state.invoke).flatMap(({ src, onDone = [], onError = [] }) =>
    named('', { [`done ${src}`]: onDone, [`error ${src}`]: onError }),
  );
  return [
    ...named('', state.on),
    ...named('after ', state.after),
    ...named('', { always: state.always ?? [], 'done state': state.onDone ?? [] }),
    ...invoked,
  ];
}

/** `#chart.a.b` from the root, `.c` below the state, `c` beside it. */
function targetPath(target: string, from: readonly string[], rootId: string): string[] {
  if (target === `#${rootId}`) return [];
  if (target.startsWith(`#${rootId}.`)) return target.slice(rootId.length + 2).split('.');
  if (target.startsWith('#')) throw new Error(`${target}: only the chart itself has an id`);
  if (target.startsWith('.')) return [...from, ...target.slice(1).split('.')];
  return [...from.slice(0, -1), ...target.split('.')];
}

export function transitionText(transition: {
  label: string;
  index: number;
  guard: string | undefined;
  targets: readonly string[];
  actions: readonly string[];
}): string {
  const { label, index, guard, targets, actions } = transition;
  const guardPart = guard === undefined ? '' : ` [${guard}]`;
  const targetPart = targets.length === 0 ? '' : ` -> ${targets.join(', ')}`;
  const actionPart = actions.length === 0 ? '' : ` / ${actions.join(', ')}`;
  return `${label} #${index}${guardPart}${targetPart}${actionPart}`;
}

/** Only what has a name is one box in the Studio; code in place is shown as such. */
function actionText({ kind, action }: ExtractedAction): string {
  return kind === 'named' && action.type !== undefined
    ? action.type
    : `code in place: ${action.expr ?? kind}`;
}

function pathText(path: readonly string[]): string {
  return path.length === 0 ? '(root)' : path.join('.');
}

function many<Value>(values: Many<Value> | undefined): Value[] {
  if (values === undefined) return [];
  return Array.isArray(values) ? values : [values];
}
