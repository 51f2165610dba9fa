import { z } from 'zod';
import { MAX_DURATION } from '../../machines/index.js';

/**
 * The shape of a configuration file. What each place expects is told by its `error`, in words that end the
 * sentence "found …, expected …". The rules for policies are those of `ConnectionManager`; a test holds them equal.
 */

const expects = (error: string) => ({ error });

const text = (what: string) => z.string(expects(what)).min(1, expects(what));
const anyText = z.string(expects('a string'));

/** Programs are started with texts that end at the first NUL character. */
const started = (type: z.ZodString, what: string) =>
  type.regex(/^[^\0]*$/, expects(`${what}, without NUL characters`));

const unlimited = z.literal('unlimited');

function milliseconds(min: number, range = expects(`milliseconds from ${min} to ${MAX_DURATION}`)) {
  return z.number(range).min(min, range).max(MAX_DURATION, range);
}

function millisecondsOrUnlimited(min: number) {
  const range = expects(`milliseconds from ${min} to ${MAX_DURATION} or "unlimited"`);
  return z.union([milliseconds(min, range), unlimited], range);
}

function count(min: number, range = expects(`a whole number of at least ${min}`)) {
  return z.number(range).int(range).min(min, range);
}

function countOrUnlimited(min: number) {
  const range = expects(`a whole number of at least ${min} or "unlimited"`);
  return z.union([count(min, range), unlimited], range);
}

function orFalse<Policy extends z.ZodType>(policy: Policy) {
  return z.union([z.literal(false), policy], expects('an object or false'));
}

const multiplier = expects('a number of at least 1');

const backoffStrategy = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('constant'), delay: milliseconds(1) }),
    z.strictObject({
      type: z.literal('linear'),
      delay: milliseconds(1),
      maxDelay: milliseconds(1).optional(),
    }),
    z.strictObject({
      type: z.literal('exponential'),
      initial: milliseconds(1),
      multiplier: z.number(multiplier).min(1, multiplier),
      maxDelay: milliseconds(1),
    }),
  ],
  {
    error: ({ code }: { code?: string | undefined }) =>
      code === 'invalid_type' ? 'an object with a type' : '"constant", "linear" or "exponential"',
  },
);

const retryPolicy = z
  .strictObject({
    initialAttempts: countOrUnlimited(1).describe('Attempts in all for a connection that was never up.'),
    maxAttempts: countOrUnlimited(0).describe('Retries after a loss of a connection that was up.'),
    backoffStrategy: backoffStrategy.describe('How the wait before a retry grows.'),
    timeout: millisecondsOrUnlimited(0).describe('Longest time from a loss until the last retry may start.'),
    jitter: z.enum(['full', 'equal', 'none'], expects('"full", "equal" or "none"')),
    minDelay: milliseconds(0).describe('A wait is never shorter.'),
    stableAfter: milliseconds(0).describe('Time in connected that resets the attempts.'),
  })
  .partial();

const healthCheck = z
  .strictObject({
    interval: milliseconds(1).describe('Longest time without anything received before a probe.'),
    timeout: milliseconds(1).describe('Limit of one probe.'),
    failureThreshold: count(1).describe('Failures in a row that end the session.'),
    confirmAfter: milliseconds(0).describe('Wait before the probe that follows a failure.'),
    probe: text('a request method').describe('What a probe asks instead of ping.'),
  })
  .partial();

const timeouts = z
  .strictObject({
    connect: milliseconds(1).describe('A whole attempt to connect.'),
    transport: milliseconds(1).describe('Opening the transport.'),
    negotiation: milliseconds(1).describe('From the answer to the handshake until it is accepted.'),
    drain: milliseconds(1).describe('Calls in flight may finish for so long.'),
    release: milliseconds(1).describe('Releasing a session, the exit of its process included.'),
    call: milliseconds(1).describe('One call, waiting included.'),
    callTotal: milliseconds(1).describe('One call that reports progress.'),
  })
  .partial();

const keepAlive = z.strictObject({
  interval: milliseconds(1).describe('Longest time without anything sent before a ping.'),
});

/** Characters that mean something in patterns elsewhere. Here they would match nothing, without a word. */
const pattern = text('the name of a tool, or a pattern').regex(
  /^(?!!)[^[\]{}]*$/,
  expects('a pattern of names, * and ? alone'),
);
const patterns = z.array(pattern, expects('a list of patterns'));

/** The standard for URLs reads a backslash as a slash and passes over line breaks: people would see another host. */
const address = text('an http: or https: URL').regex(
  /^[^\\\p{Cc}]*$/u,
  expects('an http: or https: URL, without backslashes and control characters'),
);

const TYPES = ['stdio', 'http', 'sse', 'streamable-http', 'streamableHttp'] as const;

/** One server. What else hosts write there is let through: whoever reads it names what it does not know. */
export const serverSchema = z
  .looseObject(
    {
      type: z.enum(TYPES, expects('"stdio", "http" or "sse"')).describe('How to talk to it.'),
      command: started(text('the name or path of a program'), 'the name or path of a program').describe(
        'Program to start.',
      ),
      args: z
        .array(started(anyText, 'a string'), expects('a list of strings'))
        .describe('Its arguments. No shell reads them.'),
      env: z
        .record(
          z.string(),
          z.union([z.string(), z.number(), z.null()], expects('a string')),
          expects('an object of strings'),
        )
        .describe('Variables added to the few that servers get anyway.'),
      envFile: z
        .unknown()
        .describe('Not read here: a server that has one is refused, and needs env in its place.'),
      cwd: started(text('the path of a folder'), 'the path of a folder').describe(
        "Default: this file's folder.",
      ),
      url: address.describe('Address of a server that runs already.'),
      headers: z
        .record(z.string(), anyText, expects('an object of strings'))
        .describe('Headers of requests.'),
      disabled: z.boolean(expects('true or false')).describe('true: as if it were not in the file.'),
      allowedTools: patterns.describe('The only tools that may be used. Default: all.'),
      disabledTools: patterns.describe('Tools that may not be used, even if they are allowed.'),
      retryPolicy: orFalse(retryPolicy).describe('false: one attempt, and no retry after a loss.'),
      healthCheck: orFalse(healthCheck).describe('false: no probes.'),
      timeout: z
        .union([timeouts, z.number()], expects('an object of limits in milliseconds'))
        .describe('Limits in milliseconds. A bare number, as some hosts have it, is ignored.'),
      keepAlive: orFalse(keepAlive).describe('false, the default: nothing is sent to keep it alive.'),
    },
    expects('an object'),
  )
  .partial()
  .meta({ id: 'server', anyOf: [{ required: ['command'] }, { required: ['url'] }] });

const servers = z.record(z.string(), serverSchema).describe('Servers by name.');

/** The file as a whole, for editors. Reading it goes server by server: their names may be any. */
const fileSchema = z
  .looseObject({
    mcpServers: servers,
    servers,
    inputs: z.array(z.unknown()).describe('Read by VS Code alone: nothing here can ask for them.'),
  })
  .partial()
  .meta({ title: 'MCP servers, as mcp-lifeline reads them' });

/** What the fields of these objects are called. */
export const FIELDS = {
  server: Object.keys(serverSchema.shape),
  retryPolicy: Object.keys(retryPolicy.shape),
  backoffStrategy: ['type', 'delay', 'initial', 'multiplier', 'maxDelay'],
  healthCheck: Object.keys(healthCheck.shape),
  timeout: Object.keys(timeouts.shape),
  keepAlive: Object.keys(keepAlive.shape),
};

/** The shape of a configuration file as JSON Schema, draft 7, which editors know best. */
export function configJsonSchema(): object {
  return z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' });
}
