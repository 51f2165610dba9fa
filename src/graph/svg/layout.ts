import type { AnyStateMachine } from 'xstate';
import { type ChartState, chartOf } from '../chart.js';
import { type Box, boxesOf, type Detail } from './boxes.js';
import { type ElkNode, type ElkPort, type LayoutOptions, layoutWithElk } from './elk.js';
import { type Line, linesOf } from './lines.js';
import type { ChartLayout, PlacedBox, PlacedLine } from './placement.js';
import { trimBoxes } from './trim.js';

/** Room at the left of an initial state for the dot and its arrow. */
const INITIAL_ROOM = 26;
/** Around the states inside a state. */
const INNER_MARGIN = 18;

const LEVEL_OPTIONS: LayoutOptions = {
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  // Lines that lead to the same state may join, at its port. Others must not: nobody could tell them
  // apart any more.
  'elk.layered.mergeEdges': 'false',
  'elk.layered.mergeHierarchyEdges': 'false',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '9',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '9',
};

const ROOT_OPTIONS: LayoutOptions = {
  ...LEVEL_OPTIONS,
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '1',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
};

interface Picture {
  detail: Detail;
  boxes: ReadonlyMap<string, Box>;
  lines: readonly Line[];
}

/** Where everything of a machine's picture goes. The same machine gives the same layout. */
export async function layoutChart(
  machine: AnyStateMachine,
  detail: Detail = 'everything',
): Promise<ChartLayout> {
  const chart = chartOf(machine);
  const picture: Picture = { detail, boxes: boxesOf(chart, detail), lines: linesOf(chart) };
  const root = hasFrame(chart, picture) ? frameOf(chart) : chart;
  const laidOut = await layoutWithElk({
    id: root.path,
    layoutOptions: ROOT_OPTIONS,
    children: childNodes(root, picture),
    // What leads back is handed over the other way round: left to break the cycles itself, the engine
    // would put the end of the story first.
    edges: picture.lines.map(({ source, target, isUpward }) => ({
      id: lineId(source, target),
      sources: [isUpward ? portId(target, 'SOUTH') : source],
      targets: [isUpward ? source : portId(target, 'NORTH')],
    })),
  });
  const lines = picture.lines.map((line) => placeLine(laidOut, line));
  return {
    width: Math.ceil(laidOut.width ?? 0),
    height: Math.ceil(laidOut.height ?? 0),
    boxes: trimBoxes(placeBoxes(laidOut, root, picture), lines, INNER_MARGIN),
    lines,
  };
}

/** The machine itself is drawn only where it has something to say, or regions to divide. */
function hasFrame(chart: ChartState, picture: Picture): boolean {
  const { notes, rows } = boxOf(picture, chart.path);
  return notes.length > 0 || rows.length > 0 || chart.kind === 'parallel';
}

/** Something around the machine, which is not drawn. */
function frameOf(chart: ChartState): ChartState {
  return { ...chart, path: '', kind: 'compound', initial: undefined, children: [chart] };
}

function childNodes(state: ChartState, picture: Picture): ElkNode[] {
  const isParallel = state.kind === 'parallel';
  return state.children.map((child, index) => {
    const node = elkNode(child, picture, child.path === state.initial);
    // Regions stand in a row, as the chart lists them, and begin at the same height.
    const inRow: LayoutOptions = { 'elk.position': `(${index * 100},0)`, 'elk.alignment': 'TOP' };
    return isParallel ? { ...node, layoutOptions: { ...node.layoutOptions, ...inRow } } : node;
  });
}

function elkNode(state: ChartState, picture: Picture, isInitial: boolean): ElkNode {
  const { width, height } = boxOf(picture, state.path);
  const room = isInitial ? INITIAL_ROOM : 0;
  const node = {
    id: state.path,
    width: width + room,
    height,
    ports: portsOf(state.path, picture.lines),
  };
  if (state.children.length === 0) return { ...node, layoutOptions: { 'elk.portConstraints': 'FIXED_SIDE' } };
  const right = INNER_MARGIN + missingWidth(state, picture, room);
  return {
    ...node,
    children: childNodes(state, picture),
    layoutOptions: {
      ...LEVEL_OPTIONS,
      ...(state.kind === 'parallel' ? { 'elk.layered.crossingMinimization.semiInteractive': 'true' } : {}),
      'elk.padding': `[top=${height + INNER_MARGIN},left=${INNER_MARGIN + room},bottom=${INNER_MARGIN},right=${right}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width + room},${height})`,
    },
  };
}

/** Between states that are as narrow as their names, the engine does not keep to the least width of one around them. */
function missingWidth(state: ChartState, picture: Picture, room: number): number {
  if (picture.detail === 'everything') return 0;
  const inner = state.children.map((child) => boxOf(picture, child.path).width);
  const width = Math.max(...inner) + 2 * INNER_MARGIN + room;
  return Math.max(0, boxOf(picture, state.path).width - width);
}

function boxOf({ boxes }: Picture, path: string): Box {
  const box = boxes.get(path);
  if (box === undefined) throw new Error(`no box for the state '${path}'`);
  return box;
}

type Side = 'NORTH' | 'SOUTH';

function portId(path: string, side: Side): string {
  return `${path} ${side}`;
}

/** Where lines arrive at a state: one port for all that come down, one for all that come up. */
function portsOf(path: string, lines: readonly Line[]): ElkPort[] {
  const sides = new Set<Side>(
    lines.filter(({ target }) => target === path).map(({ isUpward }) => (isUpward ? 'SOUTH' : 'NORTH')),
  );
  return [...sides].map((side) => ({ id: portId(path, side), layoutOptions: { 'elk.port.side': side } }));
}

function lineId(source: string, target: string): string {
  return `${source} -> ${target}`;
}

function placeBoxes(node: ElkNode, state: ChartState, picture: Picture): PlacedBox[] {
  return state.children.flatMap((child) => {
    const found = node.children?.find(({ id }) => id === child.path);
    if (found === undefined) throw new Error(`the layout lost the state '${child.path}'`);
    const { x = 0, y = 0, width = 0, height = 0 } = found;
    const isInitial = child.path === state.initial;
    const room = isInitial ? INITIAL_ROOM : 0;
    const placed: PlacedBox = {
      box: boxOf(picture, child.path),
      parent: state.path,
      isInitial,
      isRegion: state.kind === 'parallel' && child.kind !== 'history',
      x: x + room,
      y,
      width: width - room,
      height,
    };
    return [placed, ...placeBoxes(found, child, picture)];
  });
}

function placeLine(laidOut: ElkNode, line: Line): PlacedLine {
  const id = lineId(line.source, line.target);
  const [section] = laidOut.edges?.find((edge) => edge.id === id)?.sections ?? [];
  if (section === undefined) throw new Error(`the layout lost the line ${id}`);
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  return { ...line, points: line.isUpward ? points.reverse() : points };
}
