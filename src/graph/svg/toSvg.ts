import type { AnyStateMachine } from 'xstate';
import { layoutChart } from './layout.js';
import { renderSvg } from './render.js';

/**
 * The machine as an SVG picture, light or dark as the reader's page is. Each state lists its transitions;
 * a line stands for all transitions between two states. Needs the package `elkjs`.
 *
 * @throws Error when elkjs is not installed
 */
export async function toSvg(machine: AnyStateMachine): Promise<string> {
  return renderSvg(await layoutChart(machine), machine.root.description ?? machine.id);
}
