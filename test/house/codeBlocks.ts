/** A block of code in a Markdown text, and what the mark before it says of it. */
export interface CodeBlock {
  /** Path of the text. */
  file: string;
  /** Where the block begins, for people. */
  line: number;
  language: string;
  code: string;
  mark: Mark | undefined;
  /** What stands before a fragment when it is compiled. */
  context: string;
  /** The block of plain text that follows it at once: what it prints. */
  prints: string | undefined;
}

/**
 * `<!-- example: name -->`, and behind the name, with commas between: `run`, where the tests run it as it stands
 * there; `run until it speaks`, where it stays, and is ended when it has said something; `run by test/some.test.ts`, where
 * that test runs it; `with name`, where it is a fragment, and a comment of the
 * same text declares what it leaves out: `<!-- context: name`, code, `-->`; `as name.ts`, where another example
 * of the same text imports it by that name.
 */
export interface Mark {
  name: string;
  isRun: boolean;
  /** It would go on for ever. */
  stays: boolean;
  runBy: string | undefined;
  with: string | undefined;
  as: string | undefined;
}

const LANGUAGES: { readonly [language: string]: 'module' | 'shell' } = {
  ts: 'module',
  typescript: 'module',
  tsx: 'module',
  js: 'module',
  mjs: 'module',
  javascript: 'module',
  jsx: 'module',
  sh: 'shell',
  bash: 'shell',
  shell: 'shell',
  console: 'shell',
};

export function kindOf({ language }: Pick<CodeBlock, 'language'>): 'module' | 'shell' | undefined {
  return LANGUAGES[language];
}

/** Every block of code in a text. */
export function codeBlocks(file: string, markdown: string): CodeBlock[] {
  const found = [...markdown.matchAll(/^( *)```([\w-]*)[^\n]*\n([\s\S]*?)^ *```$/gm)];
  return found.map((match, index) => {
    const { index: start } = match;
    const [whole, indent = '', language = '', code = ''] = match;
    const previous = found[index - 1];
    const before = markdown.slice(previous === undefined ? 0 : previous.index + previous[0].length, start);
    const next = found[index + 1];
    const between = next === undefined ? '-' : markdown.slice(start + whole.length, next.index);
    const printed = next !== undefined && between.trim() === '' && (next[2] === 'text' || next[2] === '');
    return {
      file,
      line: markdown.slice(0, start).split('\n').length,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      ...markedWith(markAtEnd(before), file, markdown),
      prints: printed ? next[3] : undefined,
    };
  });
}

/** The code of the example of this name in a text. */
export function exampleOf(file: string, markdown: string, name: string): string {
  const found = codeBlocks(file, markdown).find(({ mark }) => mark?.name === name);
  if (found === undefined) throw new Error(`${file} has no example ${name}`);
  return found.code;
}

function markedWith(
  mark: Mark | undefined,
  file: string,
  markdown: string,
): Pick<CodeBlock, 'mark' | 'context'> {
  if (mark?.with === undefined) return { mark, context: '' };
  const context = new RegExp(`<!-- context: ${mark.with}\\n([\\s\\S]*?)-->`).exec(markdown)?.[1];
  if (context === undefined)
    throw new Error(`${file} has no context ${mark.with} for the example ${mark.name}`);
  return { mark, context };
}

function markAtEnd(before: string): Mark | undefined {
  const text = /<!-- example: ([^\n]*?) -->\s*$/.exec(before)?.[1];
  return text === undefined ? undefined : readMark(text);
}

/** @throws Error when the mark says something that means nothing */
export function readMark(text: string): Mark {
  const [name = '', ...clauses] = text.split(',').map((part) => part.trim());
  const mark: Mark = { name, isRun: false, stays: false, runBy: undefined, with: undefined, as: undefined };
  for (const clause of clauses) {
    const [, verb = '', value = ''] = /^(run until it speaks|run by|run|with|as)\b ?(.*)$/.exec(clause) ?? [];
    if (verb === 'run' && value === '') mark.isRun = true;
    else if (verb === 'run until it speaks' && value === '') mark.isRun = mark.stays = true;
    else if (verb === 'run by' && value !== '') mark.runBy = value;
    else if (verb === 'with' && value !== '') mark.with = value;
    else if (verb === 'as' && value !== '') mark.as = value;
    else
      throw new Error(`the mark of the example ${name} says ${JSON.stringify(clause)}, which means nothing`);
  }
  return mark;
}
