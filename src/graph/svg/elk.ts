/** The only file that knows elkjs, the layout engine: an optional peer, loaded when it is first needed. */
import type { ELK, ElkNode, ElkPort, LayoutOptions } from 'elkjs/lib/elk-api.js';

export type { ElkNode, ElkPort, LayoutOptions };

/** @throws Error when elkjs is not installed */
export async function layoutWithElk(graph: ElkNode): Promise<ElkNode> {
  const engine = await createEngine().catch((cause: unknown) => {
    throw new Error('toSvg needs elkjs to lay the picture out: npm install elkjs', { cause });
  });
  return engine.layout(graph);
}

async function createEngine(): Promise<ELK> {
  const {
    default: { default: Elk },
  } = await import('elkjs/lib/elk.bundled.js');
  return new Elk();
}
