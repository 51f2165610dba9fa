/** What a report of Stryker's amounts to, beside the list of survivors that are explained. */

/**
 * @param files of the report: for each path its source and its mutants
 * @param explained survivors that nobody wonders about, see `explained.mjs`
 */
export function judge(files, explained) {
  const mutants = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ ...mutant, file, ...change(source, mutant) })),
  );
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const survivors = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  const entries = explained.filter(({ file }) => file in files).map((entry) => ({ ...entry, found: 0 }));
  const unexplained = survivors.filter((survivor) => {
    const entry = entries.find(
      (candidate) => candidate.found < times(candidate) && isSame(candidate, survivor),
    );
    if (entry !== undefined) entry.found += 1;
    return entry === undefined;
  });
  return {
    killed: count('Killed'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    uncovered: count('NoCoverage'),
    /** Code that could not even be loaded; Stryker leaves them out of the score. */
    refused: count('RuntimeError', 'CompileError'),
    ignored: count('Ignored'),
    explained: survivors.length - unexplained.length,
    unexplained,
    /** Entries whose mutant is gone, or found by a test by now. */
    outdated: entries.filter((entry) => entry.found < times(entry)),
  };
}

/** Whether every survivor is explained, and every explanation still needed. */
export function isHeld({ unexplained, outdated }) {
  return unexplained.length === 0 && outdated.length === 0;
}

const times = (entry) => entry.times ?? 1;

function isSame(entry, { file, from, to }) {
  return entry.file === file && entry.from === from && entry.to === to;
}

/** The lines of a mutant as they were and as they became: what it is known by, wherever they have moved. */
export function change(source, { location, replacement }) {
  const lines = source.split('\n').slice(location.start.line - 1, location.end.line);
  const before = lines[0].slice(0, location.start.column - 1);
  const after = lines.at(-1).slice(location.end.column - 1);
  const tidy = (text) => text.replaceAll(/\s+/g, ' ').trim();
  return { line: location.start.line, from: tidy(lines.join('\n')), to: tidy(before + replacement + after) };
}

/** The share of mutants that a test found, in percent. */
export function score({ killed, timedOut, survived, uncovered }) {
  const found = killed + timedOut;
  return (100 * found) / (found + survived + uncovered);
}

export function describeJudgement(scope, judgement) {
  const { killed, timedOut, survived, uncovered, refused, ignored, explained, unexplained, outdated } =
    judgement;
  const list = (title, changes) =>
    changes.length === 0
      ? []
      : [
          `\n${title}:`,
          ...changes.map(
            ({ file, line, mutatorName, status, from, to }) =>
              `  ${[`${file}${line ? `:${line}` : ''}`, mutatorName, status].filter(Boolean).join('  ')}\n    - ${from}\n    + ${to}`,
          ),
        ];
  return [
    ...list('survived', unexplained),
    ...list('explained, but no longer there or found by a test', outdated),
    `\n${scope}: mutation score ${score(judgement).toFixed(2)} %`,
    `  ${killed} killed, ${timedOut} timed out, ${survived} survived, ${uncovered} not covered; ${refused} not loadable, ${ignored} ignored`,
    `  ${explained} survivors explained, ${unexplained.length} not`,
  ]
    .join('\n')
    .trimStart();
}
