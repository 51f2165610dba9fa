import type { AnyStateMachine } from 'xstate';
import { type ChartState, chartOf, withDescendants } from './chart.js';
import type { TransitionInfo } from './transitions.js';

/**
 * The machine as a Mermaid diagram (`stateDiagram-v2`): states nested, regions side by side, guards in
 * the labels. Transitions that stay where they are without entering again are left out. Those of the machine
 * itself, which it takes in any state, start from a box of their own: in Mermaid nothing starts from the whole diagram.
 */
export function toMermaid(machine: AnyStateMachine): string {
  const root = chartOf(machine);
  const ids = mermaidIds(root);
  const leavesFromAnywhere = root.transitions.some(({ targets }) => targets.length > 0);
  const lines = ['stateDiagram-v2', ...indent(childLines(root, ids))];
  if (root.children.length === 0) lines.push(`  state "${escapeText(root.name)}" as ${idOf(ids, root.path)}`);
  else if (leavesFromAnywhere) lines.push(`  state "(any state)" as ${idOf(ids, root.path)}`);
  for (const { transitions, kind, path } of withDescendants(root)) {
    const source = idOf(ids, path);
    for (const [target, labels] of labelsByTarget(transitions)) {
      lines.push(`  ${source} --> ${idOf(ids, target)} : ${labels.join('<br/>')}`);
    }
    if (kind === 'final') lines.push(`  ${source} --> [*]`);
  }
  return `${lines.join('\n')}\n`;
}

function labelsByTarget(transitions: readonly TransitionInfo[]): Map<string, string[]> {
  const labels = new Map<string, string[]>();
  for (const { targets, label, guard } of transitions) {
    for (const target of targets) {
      const text = guard === undefined ? label : `${label} [${guard}]`;
      labels.set(target, [...(labels.get(target) ?? []), escapeText(text)]);
    }
  }
  return labels;
}

function childLines(state: ChartState, ids: ReadonlyMap<string, string>): string[] {
  const initial = state.initial === undefined ? [] : [`[*] --> ${idOf(ids, state.initial)}`];
  const children = state.children.flatMap((child, index) => {
    const isNextRegion = state.kind === 'parallel' && child.kind !== 'history' && index > 0;
    return [...(isNextRegion ? ['--'] : []), ...stateLines(child, ids)];
  });
  return [...initial, ...children];
}

function stateLines(state: ChartState, ids: ReadonlyMap<string, string>): string[] {
  const mark = state.kind !== 'history' ? '' : state.isDeepHistory ? ' (H*)' : ' (H)';
  const id = idOf(ids, state.path);
  const name = `state "${escapeText(state.name + mark)}" as ${id}`;
  if (state.children.length === 0) return [name];
  return [name, `state ${id} {`, ...indent(childLines(state, ids)), '}'];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Names that Mermaid takes for states: letters, digits and underscores, each only once. */
function mermaidIds(root: ChartState): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    withDescendants(root).map(({ path }) => {
      // A leading `s_` keeps clear of Mermaid's own words, such as `end` and `state`.
      const plain = `s_${path.replace(/\W+/g, '_')}`;
      let id = plain;
      for (let count = 2; taken.has(id); count += 1) id = `${plain}_${count}`;
      taken.add(id);
      return [path, id];
    }),
  );
}

function idOf(ids: ReadonlyMap<string, string>, path: string): string {
  const id = ids.get(path);
  if (id === undefined) throw new Error(`no state '${path}'`);
  return id;
}

/** Characters that Mermaid or the HTML it makes would read as their own, as Mermaid's entities. */
function escapeText(text: string): string {
  return text
    .replace(/[^\w\s.,*()[\]'!?/+=-]/gu, (character) => `#${character.codePointAt(0)};`)
    .replace(/\s+/g, ' ');
}
