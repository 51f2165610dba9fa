/** The options that the tests over HTTP show; those of stdio say themselves which they show. */
export const DEMONSTRATED_ON_HTTP = [
  'http',
  'sse',
  'stream',
  'end-with-input',
  'on',
  'status',
  'header',
  'mute',
  'truncate',
  'content-type',
  'drop-connection',
  'expire-session-after',
  'fault',
  'record',
  'print-requests',
] as const;

export type ShownOnHttp = (typeof DEMONSTRATED_ON_HTTP)[number];
