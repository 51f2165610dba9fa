import { didYouMean } from '../../config/suggestions.js';
import { describeEvent, describePath, namingOf } from '../../graph/describePath.js';
import { findState } from '../../graph/findState.js';
import { describeStateValue } from '../../graph/stateNodes.js';
import { toSvg } from '../../graph/svg/toSvg.js';
import { toMermaid } from '../../graph/toMermaid.js';
import { toTable } from '../../graph/toTable.js';
import { transitionsOf } from '../../graph/transitions.js';
import { type AnyStory, type Chart, foreignChart, isFileName, ownChart } from '../charts.js';
import type { Options } from '../commandLine.js';
import { EXIT, usageError } from '../exits.js';
import type { Output } from '../Output.js';
import type { Command } from '../Shell.js';

const WRITERS: { readonly [format: string]: (machine: Chart['machine']) => string | Promise<string> } = {
  mermaid: toMermaid,
  table: (machine) => toTable(machine),
  svg: toSvg,
};

const FORMATS = [...Object.keys(WRITERS), 'json'];

/**
 * `graph [machine | file] [--mermaid | --table | --svg | --json] [--to <state>] [--export <name>]`: the statechart
 * that runs, or one of the user's; and how it comes to a state.
 */
export const graph: Command = async ({ args, output, options }) => {
  const [name = 'connection'] = args;
  const isFile = isFileName(name);
  if (options.export !== undefined && !isFile) {
    throw usageError(`--export names what a file exports, and ${JSON.stringify(name)} is none`);
  }
  const format = formatOf(options);
  if (options.to !== undefined && format !== undefined && format !== 'json') {
    throw usageError(`--to tells stories, as text or as --json; it has no --${format}`);
  }
  const chart = isFile ? await foreignChart(name, options.export) : ownChart(name);
  if (options.to !== undefined) tell(chart, pathOf(chart, options.to), output, format === 'json');
  else await draw(chart, format ?? 'mermaid', output);
  return EXIT.ok;
};

/** The format that was asked for in one way or another; two wishes are refused. */
function formatOf(options: Options): string | undefined {
  const { format } = options;
  if (format !== undefined && !FORMATS.includes(format)) {
    throw usageError(
      `--format: found ${JSON.stringify(format)}, expected ${FORMATS.join(', ')}${didYouMean(format, FORMATS)}`,
    );
  }
  const flags = (['mermaid', 'table', 'svg', 'json'] as const).filter((flag) => options[flag] === true);
  const wishes = [
    ...(format === undefined ? [] : [`--format ${format}`]),
    ...flags.map((flag) => `--${flag}`),
  ];
  const wanted = new Set([...(format === undefined ? [] : [format]), ...flags]);
  if (wanted.size > 1)
    throw usageError(`${wishes.join(' and ')} cannot be given together: one format at a time`);
  return [...wanted][0];
}

async function draw({ name, machine }: Chart, format: string, output: Output): Promise<void> {
  const write = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
  if (write !== undefined) {
    output.text((await write(machine)).trimEnd());
    return;
  }
  const description = machine.root.description ?? null;
  output.json({ machine: name, description, transitions: transitionsOf(machine) });
}

function pathOf({ machine, name }: Chart, wanted: string): string {
  const found = findState(machine, wanted);
  if (found.kind === 'found') return found.path;
  const { paths } = found;
  if (found.kind === 'ambiguous') {
    throw usageError(`--to: ${JSON.stringify(wanted)} is more than one state: ${paths.join(', ')}`);
  }
  const ends = paths.flatMap((path) => path.split('.').map((_, index, all) => all.slice(index).join('.')));
  const meant = didYouMean(wanted, ends);
  throw usageError(
    `--to: ${name} has no state ${JSON.stringify(wanted)}${meant === '' ? `; it has ${paths.join(', ') || 'none'}` : meant}`,
  );
}

function tell(chart: Chart, path: string, output: Output, isJson: boolean): void {
  const stories = chart.storiesTo(path);
  if (isJson) {
    output.json({ machine: chart.name, to: path, stories: stories.map(storyAsJson) });
  } else if (stories.length === 0) {
    output.text(`${chart.name} does not come to ${path} by any of the events that were tried.`);
  } else {
    const ways = stories.length === 1 ? 'one way' : `${stories.length} ways`;
    output.text(`${chart.name} comes to ${path} in ${ways}; the shortest story of each:`);
    for (const [index, story] of stories.entries()) output.text(`\n${storyAsText(story, index + 1)}`);
  }
}

function storyAsText({ transitions, path }: AnyStory, number: number): string {
  const title = transitions.length === 0 ? 'it starts there' : transitions.join('; ');
  const lines = describePath(path).split('\n');
  return `${number}. ${title}\n${lines.map((line) => `   ${line}`).join('\n')}`;
}

function storyAsJson({ transitions, path: { input, start, steps } }: AnyStory) {
  const naming = namingOf(start.snapshot.machine);
  return {
    transitions,
    input,
    start: describeStateValue(start.stateValue),
    steps: steps.map(({ event, stateValue }) => ({
      type: event.type,
      event: describeEvent(event, naming),
      state: describeStateValue(stateValue),
    })),
  };
}
