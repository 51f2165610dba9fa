import { isReservedEventType } from '../../eventNames.js';
import { type ChartState, chartOf, shortNames, withDescendants } from '../chart.js';
import { escapeCell, markdownTable } from '../markdown.js';
import { toMermaid } from '../toMermaid.js';
import { toTable } from '../toTable.js';
import type { TransitionInfo } from '../transitions.js';
import { assertSame, type MachineDocument } from './machineDocument.js';

/** A machine's page, as Markdown. */
export function renderPage(document: MachineDocument): string {
  const root = chartOf(document.machine);
  const states = withDescendants(root).filter((state) => state !== root && state.kind !== 'history');
  const transitions = withDescendants(root).flatMap((state) => state.transitions);
  const parts = [
    `# ${document.machine.id}`,
    `<!-- Made by \`npm run docs:machines\` from the chart itself. Do not edit. -->`,
    `${root.description ?? ''} ${states.length} states, ${transitions.length} transitions.`.trim(),
    `${document.introduction}\n\nWhat each state is for: [state by state](../statechart.md).`,
    `[![The states of ${document.machine.id} and the transitions between them](${document.file}.svg)](${document.file}.svg)`,
    details('The same as a Mermaid diagram', `\`\`\`mermaid\n${toMermaid(document.machine)}\`\`\``),
    section('States', statesTable(root)),
    ...eventSections(document, root),
    section('By itself', `What happens without an event from outside.\n\n${innerTable(root)}`),
    section('Delays', delaysTable(document, root)),
    section('Actors', actorsTable(document, root)),
    ...document.sections.map(({ title, text }) => section(title, text)),
    section('Ignored on purpose', ignoredTable(document)),
  ];
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

function section(title: string, text: string): string {
  return `## ${title}\n\n${text}`;
}

function details(summary: string, text: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${text}\n\n</details>`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function statesTable(root: ChartState): string {
  const rows: string[][] = [];
  const visit = (state: ChartState, depth: number) => {
    const kind = { atomic: '', compound: '', parallel: 'parallel', final: 'final', history: 'history' }[
      state.kind
    ];
    const marks = [...(kind === '' ? [] : [kind]), ...state.tags.map(code)];
    const name = state.children.length > 0 ? `**${state.name}**` : state.name;
    rows.push([
      `${'&nbsp;&nbsp;'.repeat(depth)}${name}`,
      escapeCell(state.description ?? ''),
      marks.join(', '),
      [
        ...state.invokes.map((actor) => `invoke ${code(actor)}`),
        ...state.entry.map((action) => `entry ${code(action)}`),
      ].join(', '),
    ]);
    for (const child of state.children) visit(child, depth + 1);
  };
  for (const child of root.children) visit(child, 0);
  return markdownTable(['state', 'what it means', 'kind, tags', 'does'], rows);
}

function eventSections({ machine, events, ignored }: MachineDocument, root: ChartState): string[] {
  const all = withDescendants(root)
    .flatMap(({ transitions }) => transitions.map(({ eventType }) => eventType))
    .filter((type) => !isReservedEventType(type));
  assertSame(
    'event',
    all,
    events.flatMap(({ types }) => types),
  );
  return events.map(({ title, text, types, rows }) =>
    section(title, `${text}\n\n${toTable(machine, { events: types, rows, ignored })}`),
  );
}

function innerTable(root: ChartState): string {
  const names = shortNames(root);
  const rows = withDescendants(root).flatMap(({ path, transitions }) =>
    transitions
      .filter(({ eventType }) => isReservedEventType(eventType))
      .map((transition) => [
        escapeCell(path),
        escapeCell(transition.label),
        escapeCell(transition.guard ?? ''),
        escapeCell(whereTo(transition, names)),
        escapeCell(transition.actions.join(', ')),
      ]),
  );
  return markdownTable(['in', 'when', 'if', 'leads to', 'doing'], rows);
}

function whereTo({ targets, source }: TransitionInfo, names: ReadonlyMap<string, string>): string {
  if (targets.every((target) => target === source)) return targets.length === 0 ? '' : '↻';
  return targets.map((target) => names.get(target) ?? target).join(', ');
}

function delaysTable({ delays }: MachineDocument, root: ChartState): string {
  const timers = withDescendants(root).flatMap(({ path, transitions }) =>
    transitions
      .filter(({ kind, index }) => kind === 'after' && index === 0)
      .map(({ label }) => ({ path, name: label.replace(/^after /, '') })),
  );
  assertSame(
    'delay',
    timers.map(({ name }) => name),
    Object.keys(delays),
  );
  const rows = Object.entries(delays).map(([name, { setting, defaultText }]) => [
    code(name),
    setting,
    defaultText,
    timers
      .filter((timer) => timer.name === name)
      .map(({ path }) => escapeCell(path))
      .join('<br>'),
  ]);
  return markdownTable(['delay', 'is set by', 'default', 'runs in'], rows);
}

function actorsTable({ actors }: MachineDocument, root: ChartState): string {
  const states = withDescendants(root);
  const invoking = (name: string) => states.filter(({ invokes }) => invokes.includes(name));
  assertSame(
    'actor',
    states.flatMap(({ invokes }) => invokes),
    Object.keys(actors),
  );
  const names = shortNames(root);
  const outcomes = (state: ChartState, label: string) =>
    state.transitions
      .filter((transition) => transition.label === label)
      .map((transition) => {
        const condition = transition.guard === undefined ? '' : `[${transition.guard}] `;
        return escapeCell(`${condition}→ ${whereTo(transition, names)}`);
      })
      .join('<br>');
  const rows = Object.entries(actors).flatMap(([name, purpose]) =>
    invoking(name).map((state, index) => [
      index === 0 ? code(name) : '',
      index === 0 ? purpose : '',
      escapeCell(state.path),
      outcomes(state, `done ${name}`),
      outcomes(state, `error ${name}`),
    ]),
  );
  return markdownTable(['actor', 'does', 'invoked in', 'when done', 'when it fails'], rows);
}

function ignoredTable({ ignored }: MachineDocument): string {
  const rows = ignored.map(({ state, event, when, reason }) => [
    escapeCell(state),
    code(event),
    escapeCell(when?.condition ?? ''),
    escapeCell(reason),
  ]);
  const text =
    'Pairs of a state (with all inside it) and an event that are not taken. Every other pair is; a test walks all of them.';
  return `${text}\n\n${markdownTable(['state', 'event', 'only when', 'because'], rows)}`;
}
