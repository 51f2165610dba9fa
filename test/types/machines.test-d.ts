import { expectTypeOf } from 'vitest';
import type { BackoffStrategy, HealthStatus, RetryPolicy, Unlimited } from '../../machines/index.js';

// A backoff strategy is told apart by its type, and only one of them may leave its cap out.
expectTypeOf<BackoffStrategy['type']>().toEqualTypeOf<'constant' | 'linear' | 'exponential'>();
expectTypeOf<Extract<BackoffStrategy, { type: 'exponential' }>['maxDelay']>().toEqualTypeOf<number>();
expectTypeOf<{ type: 'linear'; delay: number }>().toExtend<BackoffStrategy>();
expectTypeOf<{ type: 'exponential'; initial: number; multiplier: number }>().not.toExtend<BackoffStrategy>();

// "No limit" is a word, so that a configuration stays JSON.
expectTypeOf<Unlimited>().toEqualTypeOf<'unlimited'>();
expectTypeOf<RetryPolicy['maxAttempts']>().toEqualTypeOf<number | Unlimited>();

// Only a health that is not good has a reason.
expectTypeOf<Extract<HealthStatus, { status: 'healthy' }>>().not.toHaveProperty('reason');
expectTypeOf<Extract<HealthStatus, { status: 'unhealthy' }>['reason']>().toEqualTypeOf<string>();
