/** Writes `docs/machines/`: `npm run docs:machines`, in the root of the repository. */
import { mkdir, writeFile } from 'node:fs/promises';
import { renderDocuments } from './documents.js';

const folder = 'docs/machines';
await mkdir(folder, { recursive: true });
for (const [name, text] of await renderDocuments()) {
  await writeFile(`${folder}/${name}`, text);
  console.log(`${folder}/${name}`);
}
