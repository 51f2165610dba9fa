import {
  type BackoffStrategy,
  DEFAULT_CONFIG,
  DEFAULT_HEALTH_CHECK,
  type HealthCheckConfig,
  MAX_DURATION,
  type ResolvedConfig,
  type RetryPolicy,
  type TimeoutConfig,
  type Unlimited,
} from '../../machines/index.js';
import { ConfigError } from '../errors.js';
import { checkFields, checkText, isObject } from './checks.js';
import type { ConnectionConfig } from './options.js';

/** Every policy with its defaults filled in, checked: what cannot work is refused here, by name. */
export function resolveConfig(config: ConnectionConfig): ResolvedConfig {
  return {
    retryPolicy: resolveRetryPolicy(config.retryPolicy),
    healthCheck: resolveHealthCheck(config.healthCheck),
    timeout: resolveTimeout(config.timeout),
    keepAlive: resolveKeepAlive(config.keepAlive),
  };
}

function resolveRetryPolicy(given: ConnectionConfig['retryPolicy']): RetryPolicy {
  const defaults = DEFAULT_CONFIG.retryPolicy;
  if (given === false) return { ...defaults, initialAttempts: 1, maxAttempts: 0 };
  const policy = knownFields('retryPolicy', given, defaults);
  checkCount('retryPolicy.initialAttempts', policy.initialAttempts, 1);
  checkCount('retryPolicy.maxAttempts', policy.maxAttempts, 0);
  if (policy.timeout !== 'unlimited') checkDuration('retryPolicy.timeout', policy.timeout, 0, orUnlimited);
  if (policy.jitter !== 'full' && policy.jitter !== 'equal' && policy.jitter !== 'none') {
    throw new ConfigError('retryPolicy.jitter', policy.jitter, "'full', 'equal' or 'none'");
  }
  checkDuration('retryPolicy.minDelay', policy.minDelay, 0);
  checkDuration('retryPolicy.stableAfter', policy.stableAfter, 0);
  checkBackoffStrategy('retryPolicy.backoffStrategy', policy.backoffStrategy);
  return { ...policy, backoffStrategy: { ...policy.backoffStrategy } };
}

const STRATEGY_FIELDS = {
  constant: { type: true, delay: true },
  linear: { type: true, delay: true, maxDelay: true },
  exponential: { type: true, initial: true, multiplier: true, maxDelay: true },
};

function checkBackoffStrategy(field: string, strategy: BackoffStrategy): void {
  if (!isObject(strategy)) throw new ConfigError(field, strategy, 'an object with a type');
  if (!Object.hasOwn(STRATEGY_FIELDS, strategy.type)) {
    throw new ConfigError(`${field}.type`, strategy.type, "'constant', 'linear' or 'exponential'");
  }
  checkFields(field, strategy, STRATEGY_FIELDS[strategy.type]);
  if (strategy.type === 'exponential') {
    checkDuration(`${field}.initial`, strategy.initial, 1);
    checkDuration(`${field}.maxDelay`, strategy.maxDelay, 1);
    if (!(Number.isFinite(strategy.multiplier) && strategy.multiplier >= 1)) {
      throw new ConfigError(`${field}.multiplier`, strategy.multiplier, 'a number of at least 1');
    }
    return;
  }
  checkDuration(`${field}.delay`, strategy.delay, 1);
  if (strategy.type === 'linear' && strategy.maxDelay !== undefined) {
    checkDuration(`${field}.maxDelay`, strategy.maxDelay, 1);
  }
}

function resolveHealthCheck(given: ConnectionConfig['healthCheck']): HealthCheckConfig | false {
  if (given === false) return false;
  const { probe, ...check } = knownFields<HealthCheckConfig & { probe: unknown }>('healthCheck', given, {
    ...DEFAULT_HEALTH_CHECK,
    probe: undefined,
  });
  if (probe !== undefined && typeof probe !== 'function') {
    checkText('healthCheck.probe', probe, 'a request method or a function');
  }
  checkDuration('healthCheck.interval', check.interval, 1);
  checkDuration('healthCheck.timeout', check.timeout, 1);
  checkDuration('healthCheck.confirmAfter', check.confirmAfter, 0);
  if (!(Number.isInteger(check.failureThreshold) && check.failureThreshold >= 1)) {
    throw new ConfigError(
      'healthCheck.failureThreshold',
      check.failureThreshold,
      'a whole number of at least 1',
    );
  }
  return check;
}

function resolveTimeout(given: ConnectionConfig['timeout']): TimeoutConfig {
  const timeout = knownFields('timeout', given, DEFAULT_CONFIG.timeout);
  for (const [name, value] of Object.entries(timeout)) checkDuration(`timeout.${name}`, value, 1);
  return timeout;
}

function resolveKeepAlive(given: ConnectionConfig['keepAlive']): ResolvedConfig['keepAlive'] {
  if (given === undefined || given === false) return false;
  if (!isObject(given)) throw new ConfigError('keepAlive', given, 'an object with an interval, or false');
  checkFields('keepAlive', given, { interval: true });
  checkDuration('keepAlive.interval', given.interval, 1);
  return { interval: given.interval };
}

/** The given fields over the defaults. */
function knownFields<Fields extends object>(
  path: string,
  given: { [Field in keyof Fields]?: Fields[Field] | undefined } | undefined,
  defaults: Fields,
): Fields {
  if (given === undefined) return { ...defaults };
  if (!isObject(given)) throw new ConfigError(path, given, 'an object');
  checkFields(path, given, defaults);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

const orUnlimited = " or 'unlimited'";

/** @throws ConfigError unless `value` is a number of milliseconds that a timer can have. */
export function checkDuration(field: string, value: unknown, min: number, alternative = ''): void {
  if (typeof value === 'number' && value >= min && value <= MAX_DURATION) return;
  throw new ConfigError(field, value, `milliseconds from ${min} to ${MAX_DURATION}${alternative}`);
}

function checkCount(field: string, value: number | Unlimited, min: number): void {
  if (value === 'unlimited' || (Number.isInteger(value) && value >= min)) return;
  throw new ConfigError(field, value, `a whole number of at least ${min}${orUnlimited}`);
}
