/**
 * `server/tool`; null for what is none. Both can have slashes: where the servers are known, the longest that fits counts,
 * otherwise the first slash.
 */
export function splitServerAndTool(
  word: string,
  servers: readonly string[] = [],
): { server: string; tool: string } | null {
  const [longest] = servers
    .filter((name) => word.startsWith(`${name}/`))
    .sort((one, other) => other.length - one.length);
  const at = longest?.length ?? word.indexOf('/');
  return at < 1 ? null : { server: word.slice(0, at), tool: word.slice(at + 1) };
}
