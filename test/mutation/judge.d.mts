interface Position {
  line: number;
  column: number;
}

interface Mutant {
  status: string;
  mutatorName: string;
  replacement: string;
  location: { start: Position; end: Position };
}

interface Change {
  file: string;
  from: string;
  to: string;
}

export interface Explanation extends Change {
  reason: string;
  times?: number;
}

export interface Judgement {
  killed: number;
  timedOut: number;
  survived: number;
  uncovered: number;
  refused: number;
  ignored: number;
  explained: number;
  unexplained: Change[];
  outdated: Change[];
}

export function judge(
  files: { [path: string]: { source: string; mutants: Mutant[] } },
  explained: readonly Explanation[],
): Judgement;
export function isHeld(judgement: Judgement): boolean;
export function score(judgement: Judgement): number;
export function describeJudgement(scope: string, judgement: Judgement): string;
