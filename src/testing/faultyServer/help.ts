import { OPTION_GROUPS, type OptionRow } from './optionTable.js';

export const COMMAND = 'mcp-lifeline-faulty-server';

const USAGE = `Usage: ${COMMAND} [options]                  an MCP server on stdio
       ${COMMAND} --http [PORT] [options]    an MCP server on HTTP

An MCP server with a few tools that misbehaves as its options say, to test what is connected to it. Without options
it behaves well.`;

const WHICH = `WHICH restricts a fault to some of the things it is about, counted from 1 since the process was started: 3, 2-4,
5+, or several of these with commas. Without it the fault is every time.

Exit codes: 0 ended as asked, 1 crashed as asked, or as --exit says, 2 wrong options.`;

/** `--slow MS[@WHICH]` */
export function synopsis({ name, value }: OptionRow): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

export function helpText(): string {
  const width = 3 + Math.max(...OPTION_GROUPS.flatMap(({ rows }) => rows.map((row) => synopsis(row).length)));
  const groups = OPTION_GROUPS.map(({ title, rows }) => {
    const lines = rows.map((row) => `  ${synopsis(row).padEnd(width)}${wrapped(row.help, width + 2)}`);
    return `${title}:\n${lines.join('\n')}`;
  });
  return `${[USAGE, ...groups, WHICH].join('\n\n')}\n`;
}

function wrapped(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent + longer.length > 110) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
