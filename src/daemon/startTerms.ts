/** How the process of a daemon ends, for whoever started it. */
export const EXITS = {
  /** It served, and left; or somebody else serves already. */
  well: 0,
  /** The configuration cannot be used. Not 1, which is Node's own when it cannot even begin. */
  configInvalid: 4,
  /** It could not start, or broke. */
  failed: 2,
  /** Its environment is not the one that it was started for. */
  otherFingerprint: 3,
} as const;

/** What the starter found the fingerprint to be. */
export const FINGERPRINT_VARIABLE = 'MCP_LIFELINE_FINGERPRINT';
