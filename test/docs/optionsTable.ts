import { synopsis } from '../../src/testing/faultyServer/help.js';
import { OPTION_GROUPS } from '../../src/testing/faultyServer/optionTable.js';

/** The options of the faulty server as its guide lists them: the words are those of `--help`. */
export function optionsTable(): string {
  const groups = OPTION_GROUPS.map(({ title, rows }) => {
    const lines = rows.map((row) => `| \`${synopsis(row)}\` | ${row.help} |`);
    return `| ${title} | |\n|---|---|\n${lines.join('\n')}`;
  });
  return groups.join('\n\n');
}
