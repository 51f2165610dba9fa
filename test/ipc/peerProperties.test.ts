import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RequestHandler } from '../../src/ipc/incomingRequests.js';
import { Peer } from '../../src/ipc/peer.js';
import { openPairs, RawPeer } from './socketPair.js';

type Step =
  | { do: 'ask' | 'exchange' }
  | { do: 'answer' | 'fail' | 'cancel' | 'progress'; which: number }
  | { do: 'closeNear' | 'closeFar' | 'breakNear' | 'breakFar' };

const which = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'ask' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'exchange' }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('answer', 'fail', 'cancel', 'progress'), which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('closeNear', 'closeFar', 'breakNear', 'breakFar') }),
  },
);

/** What became of a request, as who asked sees it. */
interface Asked {
  number: number;
  controller: AbortController;
  isCancelled: boolean;
  outcomes: string[];
  progress: unknown[];
  settled: Promise<void>;
}

interface Case {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  progress(value: unknown): void;
  signal: AbortSignal;
  isAnswered: boolean;
}

test('whatever happens in whatever order, every request settles once, with what belongs to it', async () => {
  const open = await openPairs();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const [nearSocket, farSocket] = await open();
      const wire = new RawPeer(nearSocket);
      const cases = new Map<number, Case>();
      const handle: RequestHandler = (method, number, { signal, progress }) =>
        method === 'exchange'
          ? null
          : new Promise((resolve, reject) => {
              cases.set(Number(number), { resolve, reject, progress, signal, isAnswered: false });
            });
      const near = new Peer(nearSocket);
      const far = new Peer(farSocket, { handle });
      const asked: Asked[] = [];
      let isOver = false;

      const ask = () => {
        const number = asked.length;
        const one: Asked = {
          number,
          controller: new AbortController(),
          isCancelled: false,
          outcomes: [],
          progress: [],
          settled: Promise.resolve(),
        };
        const { signal } = one.controller;
        const onprogress = (value: unknown) => {
          if (one.outcomes.length > 0) one.outcomes.push('progress after the end');
          one.progress.push(value);
        };
        one.settled = near.request('ask', number, { signal, onprogress }).then(
          (value) => void one.outcomes.push(`value ${value}`),
          (error) => void one.outcomes.push(error instanceof Error ? error.message : String(error)),
        );
        asked.push(one);
      };

      const play = async (taken: Step) => {
        switch (taken.do) {
          case 'ask':
            return ask();
          case 'exchange':
            // Brings all that was sent before to the other half, and its answers back.
            return void (await near.request('exchange').catch(() => {}));
          case 'closeNear':
          case 'breakNear':
          case 'closeFar':
          case 'breakFar': {
            isOver = true;
            const isNear = taken.do.endsWith('Near');
            if (taken.do.startsWith('close')) (isNear ? near : far).close();
            else (isNear ? nearSocket : farSocket).destroy();
            return;
          }
          case 'cancel': {
            const one = asked[taken.which % Math.max(asked.length, 1)];
            if (one === undefined || one.outcomes.length > 0) return;
            one.isCancelled = true;
            return one.controller.abort(`cancelled ${one.number}`);
          }
        }
        const number = taken.which % Math.max(asked.length, 1);
        const one = cases.get(number);
        if (taken.do === 'progress') return one?.progress(number);
        if (one === undefined) return;
        one.isAnswered = true;
        if (taken.do === 'answer') one.resolve(number);
        else one.reject(new Error('a secret'));
      };

      for (const taken of steps) await play(taken);
      if (!isOver) {
        await near.request('exchange');
        expect([near.isOpen, far.isOpen]).toEqual([true, true]);
        near.close();
      }
      await Promise.all([near.closed, far.closed, ...asked.map(({ settled }) => settled)]);

      for (const { number, isCancelled, outcomes, progress } of asked) {
        expect(outcomes).toHaveLength(1);
        const possible = [`value ${number}`, 'internal error', expect.stringContaining('the request ')];
        expect(isCancelled ? [`cancelled ${number}`, ...possible] : possible).toContainEqual(outcomes[0]);
        expect(progress.every((value) => value === number)).toBe(true);
      }
      // Nobody works on for somebody who is gone.
      for (const { signal, isAnswered } of cases.values()) expect(isAnswered || signal.aborted).toBe(true);
      const answers = wire.messages.flatMap((message) => ('method' in message ? [] : [message.id]));
      expect(new Set(answers).size).toBe(answers.length);
      const counts = { incoming: 0, outgoing: 0, queuedBytes: 0 };
      expect([near.counts, far.counts]).toEqual([counts, counts]);
    }),
    { numRuns: 200 },
  );
});
