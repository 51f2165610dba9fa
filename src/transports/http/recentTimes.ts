import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

/** When something was lately, for each provider by what it was about. It outlives sessions. */
export class RecentTimes {
  readonly #memory: number;
  readonly #times = new WeakMap<OAuthClientProvider, Map<string, number[]>>();

  /** @param memory in milliseconds, how long something is recent */
  constructor(memory: number) {
    this.#memory = memory;
  }

  /** @param now epoch milliseconds */
  note(provider: OAuthClientProvider, about: string, now: number): void {
    const all = this.#times.get(provider) ?? new Map<string, number[]>();
    this.#times.set(provider, all);
    for (const [other, times] of all) {
      if (!times.some((time) => this.#isRecent(time, now))) all.delete(other);
    }
    all.set(about, [...(all.get(about) ?? []), now]);
  }

  /** How often it was. */
  count(provider: OAuthClientProvider, about: string, now: number): number {
    const times = this.#times.get(provider)?.get(about) ?? [];
    return times.filter((time) => this.#isRecent(time, now)).length;
  }

  forget(provider: OAuthClientProvider, about: string): void {
    this.#times.get(provider)?.delete(about);
  }

  #isRecent(time: number, now: number): boolean {
    return now - time < this.#memory;
  }
}
