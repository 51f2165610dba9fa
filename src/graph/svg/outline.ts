import type { AnyStateMachine } from 'xstate';
import { layoutChart } from './layout.js';
import { renderSvg } from './render.js';

/**
 * The machine as a picture of its states' names and the lines between them, for a place where there is little room and
 * what happens is told beside it. Needs the package `elkjs`.
 *
 * @throws Error when elkjs is not installed
 */
export async function outlineSvg(machine: AnyStateMachine): Promise<string> {
  const layout = await layoutChart(machine, 'names');
  return renderSvg(layout, machine.root.description ?? machine.id, { hasLegend: false });
}
