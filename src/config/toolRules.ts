/** Which tools of a server may be used. */
export interface ToolRules {
  /** Patterns of the only tools that may be used. Left out: all. */
  readonly allowedTools?: readonly string[] | undefined;
  /** Patterns of tools that may not be used, whatever else is said. */
  readonly disabledTools?: readonly string[] | undefined;
}

/** Whether the rules let a tool be used. A tool that is both allowed and disabled is disabled. */
export function isToolAllowed({ allowedTools, disabledTools }: ToolRules, tool: string): boolean {
  if (disabledTools?.some((pattern) => matchesPattern(pattern, tool))) return false;
  return allowedTools === undefined || allowedTools.some((pattern) => matchesPattern(pattern, tool));
}

/**
 * Whether a name matches a pattern as a whole: `*` is any number of characters, `?` is one, everything else
 * is itself, in its case. Takes at most name × pattern steps, whatever both are: names come from servers.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = [...pattern];
  const given = [...name];
  let at = 0;
  let star = -1;
  /** Where in the name what follows the last star is tried. */
  let tried = 0;
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === '*') {
      star = at++;
      tried = index;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at++;
      index++;
    } else {
      if (star === -1) return false;
      at = star + 1;
      index = ++tried;
    }
  }
  return wanted.slice(at).every((character) => character === '*');
}
