/**
 * Writes the reference of the API from the sources and their comments, one page for each entry of the package:
 * `node test/tools/apiReference.mjs [folder]`. TypeDoc has a TypeScript of its own here.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, makeRecursiveVisitor } from 'typedoc';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = process.argv[2] ?? join(root, 'docs', 'api');

/** The entries of the package, with the source of each: what package.json says, so that a new one joins by itself. */
function readEntries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([entry, target]) => {
    if (typeof target === 'string' || typeof target.types !== 'string') return [];
    const source = target.types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts');
    return [{ name: entry.replace(/^\./, name), source }];
  });
}

/** What the compiler infers of these fills pages, and nobody reads it. */
const ENDLESS = new Set(['ActorRef', 'Client', 'MachineSnapshot', 'StateMachine']);

const NOTE = '<!-- Made by `npm run docs:api` from the sources and their comments. Do not edit. -->';

/** Without what says nothing to readers: where a member was inherited from, and names that no parameter has. */
function edited(page) {
  return page
    .replace(/^(# .*\n)/, `$1\n${NOTE}\n`)
    .replaceAll(/^#{3,6} (?:Inherited from|Overrides)\n[\s\S]*?(?=^#|^\*\*\*)/gm, '')
    .replaceAll('__namedParameters', 'options');
}

const entries = readEntries();
const scratch = mkdtempSync(join(tmpdir(), 'mcp-lifeline-api-'));
try {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: entries.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.json'),
    basePath: root,
    name: 'mcp-lifeline',
    readme: 'none',
    out: scratch,
    outputFileStrategy: 'modules',
    flattenOutputFiles: true,
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    githubPages: false,
    gitRevision: 'none',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGenerator: true,
    useCodeBlocks: true,
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    parametersFormat: 'table',
    enumMembersFormat: 'table',
    skipErrorChecking: true,
    logLevel: 'Error',
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // Modules are called as readers import them.
    for (const module of project.children ?? []) {
      const entry = entries.find(({ source }) => source.replace(/(\/index)?\.ts$/, '') === module.name);
      if (entry !== undefined) module.name = entry.name;
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const shorten = makeRecursiveVisitor({
      reference(type) {
        if (ENDLESS.has(type.name)) type.typeArguments = undefined;
      },
    });
    for (const { type } of Object.values(project.reflections)) type?.visit?.(shorten);
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('TypeDoc made nothing of the sources');
  await app.generateOutputs(project);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const file of readdirSync(scratch)) {
    writeFileSync(join(out, file), edited(readFileSync(join(scratch, file), 'utf8')));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
