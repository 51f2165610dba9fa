import { fileURLToPath } from 'node:url';
import { type Adapter, checkAdapter } from '../../../src/testing/certify/index.js';

const examples = fileURLToPath(new URL('../../../docs/examples/certify', import.meta.url));

/** An adapter of docs/examples/certify, as the command reads it. */
export async function exampleAdapter(file: string): Promise<Adapter> {
  const module: unknown = await import(`${examples}/${file}`);
  return checkAdapter(module, file);
}
