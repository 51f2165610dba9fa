export function runInGroup(
  command: string,
  args: readonly string[],
  options: { cwd: string; timeout: number },
): Promise<{ code: number | null; output: string; isHung: boolean }>;
