import { toSvg } from '../svg/toSvg.js';
import { connectionDocument } from './connection.js';
import { daemonDocument } from './daemon.js';
import { entryDocument } from './entry.js';
import type { MachineDocument } from './machineDocument.js';
import { poolDocument } from './pool.js';
import { renderPage } from './renderPage.js';

/** Every machine that has a page. */
export const documents: readonly MachineDocument[] = [
  connectionDocument,
  poolDocument,
  entryDocument,
  daemonDocument,
];

/** The files of all pages, by their name in `docs/machines/`. */
export async function renderDocuments(): Promise<ReadonlyMap<string, string>> {
  const files = await Promise.all(
    documents.map(
      async (document): Promise<[string, string][]> => [
        [`${document.file}.md`, renderPage(document)],
        [`${document.file}.svg`, await toSvg(document.machine)],
      ],
    ),
  );
  return new Map(files.flat());
}
