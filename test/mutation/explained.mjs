/**
 * Survivors that no test can find, or none should: each by the lines of code as they are and as the mutant has
 * them, white space aside, wherever they have moved. An entry that fits no survivor any more fails the command.
 *
 * `times`: how many mutants look like this, where it is more than one.
 */
const chart = 'machines/connection/connection.machine.ts';
const policy = 'machines/connection/policy.ts';
const updates = 'machines/connection/updates.ts';
const entry = 'machines/pool/entry.machine.ts';
const daemon = 'machines/daemon/daemon.machine.ts';
const entryUpdates = 'machines/pool/updates.ts';

const comparedWithWord = 'Nothing is greater than, or equal to, the word: the comparison says no as well.';

export const explained = [
  {
    file: policy,
    from: "case 'constant': delay = strategy.delay; break;",
    to: "case 'constant':",
    reason: 'Falls through to the linear growth, which is capped at the one delay.',
  },
  {
    file: policy,
    from: 'if (retryAfter === null || !(retryAfter > delay)) return delay;',
    to: 'if (retryAfter === null || !(retryAfter >= delay)) return delay;',
    reason: 'The two are equal then: either is the answer.',
  },
  {
    file: policy,
    from: 'if (retryAfter === null || !(retryAfter > delay)) return delay;',
    to: 'if (false || !(retryAfter > delay)) return delay;',
    reason: 'null is not greater than a delay either; the check is there for the compiler.',
  },
  ...[
    [
      "if (!context.wasUp) return initialAttempts !== 'unlimited' && context.attempts + 1 >= initialAttempts;",
      "initialAttempts !== 'unlimited'",
      'initialAttempts !== ""',
    ],
    [
      "if (maxAttempts !== 'unlimited' && context.attempts >= maxAttempts) return true;",
      "maxAttempts !== 'unlimited'",
      'maxAttempts !== ""',
    ],
    [
      "return timeout !== 'unlimited' && at - (context.lostAt ?? startedAt) >= timeout;",
      "timeout !== 'unlimited'",
      'timeout !== ""',
    ],
  ].flatMap(([from, comparison, other]) =>
    ['true', other].map((mutant) => ({
      file: policy,
      from,
      to: from.replace(comparison, mutant),
      reason: comparedWithWord,
    })),
  ),
  {
    file: chart,
    from: 'context.answer !== null && !context.supportedVersions.includes(context.answer.protocolVersion),',
    to: 'true && !context.supportedVersions.includes(context.answer.protocolVersion),',
    reason: 'Versions are judged only on entering capabilityNegotiation, which an answer leads to.',
  },
  ...['true &&', 'context.config.healthCheck !== true &&'].map((to) => ({
    file: chart,
    from: 'context.config.healthCheck !== false &&',
    to,
    reason: 'Without health checks the threshold is undefined, and no count reaches it.',
  })),
  {
    file: chart,
    from: 'context.connectedSince !== null &&',
    to: 'true &&',
    reason: 'In connected it is never null: every way there records it. The check is for the compiler.',
  },
  {
    file: chart,
    from: "context.error !== null && ERROR_ROUTING[context.error.code] === 'authorization',",
    to: "true && ERROR_ROUTING[context.error.code] === 'authorization',",
    reason: 'Asked only after isAsked said no: there is an error.',
  },
  {
    file: chart,
    from: 'context.error !== null &&',
    to: 'true &&',
    reason: 'isFirstRetryImmediate is asked only after isAsked said no: there is an error.',
  },
  {
    file: chart,
    from: `\`the server speaks protocol version \${context.answer?.protocolVersion}, this client \${context.supportedVersions.join(', ')}\`,`,
    to: `\`the server speaks protocol version \${context.answer.protocolVersion}, this client \${context.supportedVersions.join(', ')}\`,`,
    reason: 'A version is refused only where there is an answer with one.',
  },
  {
    file: chart,
    from: "reason: context.probeFailure ?? '',",
    to: 'reason: context.probeFailure ?? "Stryker was here!",',
    times: 2,
    reason: 'What is announced was recorded in the same transition, so there is a reason.',
  },
  {
    file: chart,
    from: 'const offered = context.answer?.capabilities ?? [];',
    to: 'const offered = context.answer?.capabilities ?? ["Stryker was here"];',
    reason: 'Capabilities are judged only where there is an answer.',
  },
  {
    file: chart,
    from: 'const offered = context.answer?.capabilities ?? [];',
    to: 'const offered = context.answer.capabilities ?? [];',
    reason: 'Capabilities are judged only where there is an answer.',
  },
  ...['tags: [],', 'tags: [""],'].map((to) => ({
    file: chart,
    from: "tags: ['phase:capabilityNegotiation'],",
    to,
    reason: 'Of `restored`, which is left as soon as it is entered: nobody can ask it for a tag.',
  })),
  {
    file: chart,
    from: "type: 'history',",
    to: 'type: "",',
    reason: 'XState takes a state that has a `history` for one.',
  },
  {
    file: chart,
    from: "history: 'deep',",
    to: 'history: "",',
    reason: 'Judging the same answer again comes to the same, and the server is told either way.',
  },
  {
    file: chart,
    from: "'connection.checkHealth': { target: 'checking', actions: 'askNow' },",
    to: "'connection.checkHealth': { target: 'checking', actions: \"\" },",
    reason: 'In `confirming`, where the next probe is urgent anyway.',
  },
  {
    file: updates,
    from: 'const retryAfter = context.error?.details?.retryAfter;',
    to: 'const retryAfter = context.error.details?.retryAfter;',
    reason: 'A backoff is planned only after isAsked said no: there is an error.',
  },
  ...['true &&', 'context.policy.idleTimeout !== "" &&'].map((to) => ({
    file: entry,
    from: "context.policy.idleTimeout !== 'unlimited' && unusedFor >= context.policy.idleTimeout,",
    to: `${to} unusedFor >= context.policy.idleTimeout,`,
    reason: comparedWithWord,
  })),
  ...['if (false)', 'if (policy.idleTimeout === "")'].map((to) => ({
    file: entryUpdates,
    from: "if (policy.idleTimeout === 'unlimited') return {};",
    to: `${to} return {};`,
    reason: 'A review is planned only where there is a limit: the check is for the compiler.',
  })),
  {
    file: daemon,
    from: "output: ({ context }) => ({ reason: context.reason ?? 'asked', error: context.error }),",
    to: 'output: ({ context }) => ({ reason: context.reason ?? "", error: context.error }),',
    reason: 'Every way to the end has a reason: the other one is for the compiler.',
  },
  ...['false', 'idle === ""'].map((to) => ({
    file: daemon,
    from: "return idle === 'unlimited' ? MAX_DURATION : idle;",
    to: `return ${to} ? MAX_DURATION : idle;`,
    reason: 'Asked only where there is a limit: the check is for the compiler.',
  })),
];
