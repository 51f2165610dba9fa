import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Folders that are made or brought, not written. Hidden ones are left out, too. */
const notOurs = new Set(['node_modules', 'dist', 'coverage', 'reports']);

/** The Markdown files below a folder, by path relative to it. */
export function markdownFiles(root: string, folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return notOurs.has(entry.name) || entry.name.startsWith('.') ? [] : markdownFiles(root, path);
    return entry.name.endsWith('.md') ? [relative(root, path).split(sep).join('/')] : [];
  });
}

/** What a Markdown text links to, pictures included. */
export function linksOf(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/\]\(\s*<?([^)\s>]+)/g)].map(([, target = '']) => target);
}

/** Links of the Markdown files below `root` that lead to no file or to no heading of it, one sentence each. */
export function brokenLinks(root: string, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    linksOf(readFileSync(join(root, file), 'utf8'))
      .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
      .filter((target) => !leadsSomewhere(join(root, file), target))
      .map((target) => `${file}: ${target}`),
  );
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', fragment] = decodeURI(target).split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(file)) return false;
  return fragment === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(fragment);
}

/** The names that headings get, as code hosts make them, the second of a name with a number; and those that are given. */
function anchorsOf(markdown: string): string[] {
  const given = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  const seen = new Map<string, number>();
  const made = [...markdown.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => {
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
  return [...given, ...made];
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
}
