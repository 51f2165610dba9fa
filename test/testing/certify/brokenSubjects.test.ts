/** The checker is able to fail: each invariant catches a subject that breaks it, and is what it is told by. */
import { describe, expect, test, vi } from 'vitest';
import {
  type Adapter,
  connectionStories,
  StoryFailure,
  type Subject,
  type SubjectTask,
} from '../../../src/testing/certify/index.js';
import { INVARIANTS, type InvariantId } from '../../../src/testing/model/invariants.js';
import { exampleAdapter } from './support.js';

vi.mock('mcp-lifeline', () => import('../../../src/index.js'));

const whole = await exampleAdapter('lifeline.mjs');
const bare = await exampleAdapter('sdk-1.mjs');
const never = () => new Promise<never>(() => {});
/** How stories about a call in flight begin. */
const HELD = 'connect → a call that takes its time';

/** Makes a subject that is wrong of one that is right. */
type Break = (subject: Subject, task: SubjectTask) => Partial<Subject> | Promise<Partial<Subject>>;

interface Fault {
  what: string;
  caught: InvariantId;
  /** The story in which it shows. */
  story: string;
  breaks: Break;
}

const wrong: readonly Fault[] = [
  {
    what: 'never answers a connect',
    caught: 'connect-settles',
    story: 'http: the server refuses → connect → connect',
    breaks: () => ({ connect: never }),
  },
  {
    what: 'connects to nothing',
    caught: 'connect-resolves',
    story: 'http: connect → call',
    breaks: () => ({ connect: () => Promise.reject(new Error('not today')) }),
  },
  {
    what: 'takes a refusal for a connection',
    caught: 'connect-rejects',
    story: 'http: the server refuses → connect → connect',
    breaks: (subject) => ({ connect: (server) => subject.connect(server).catch(() => {}) }),
  },
  {
    what: 'loses calls',
    caught: 'call-settles',
    story: `http: ${HELD} → the server crashes`,
    breaks: (subject) => ({ call: (...call) => subject.call(...call).catch(never) }),
  },
  {
    what: 'refuses calls',
    caught: 'call-served',
    story: 'http: connect → call',
    breaks: () => ({ call: async () => ({ isError: true }) }),
  },
  {
    what: 'mixes up answers',
    caught: 'call-answered-by-its-own',
    story: 'http: connect → five calls at once',
    breaks: (subject) => {
      let first: Promise<unknown> | undefined;
      return {
        call: (...call) => {
          const answered = subject.call(...call);
          first ??= answered;
          return answered.then(() => first);
        },
      };
    },
  },
  {
    what: 'runs a call twice',
    caught: 'call-executed-once',
    story: `stdio: ${HELD} → the server restarts`,
    breaks: (subject) => ({ call: (name, args) => subject.call(name, args, { repeatable: true }) }),
  },
  {
    what: 'starts a server for each connect',
    caught: 'one-server',
    story: 'http: connect twice at once',
    breaks: (subject, task) => {
      const others: Subject[] = [];
      return {
        connect: async (server) => {
          const other = await whole.createSubject(task);
          others.push(other);
          await Promise.all([subject.connect(server), other.connect(server)]);
        },
        close: () => Promise.all([subject, ...others].map((each) => each.close())),
      };
    },
  },
  {
    what: 'hangs in close',
    caught: 'close-resolves',
    story: 'http: connect → close',
    breaks: () => ({ close: never }),
  },
  {
    what: 'leaves the process',
    caught: 'close-leaves-no-process',
    story: 'stdio: connect → close',
    breaks: async (_, task) => ({ ...(await bareSubject(task)), close: async () => {} }),
  },
  {
    what: 'leaves the session',
    caught: 'close-ends-the-session',
    story: 'http: connect → close',
    breaks: async (_, task) => ({ ...(await bareSubject(task)), close: async () => {} }),
  },
  {
    what: 'connects after close',
    caught: 'close-is-final',
    story: 'http: connect → the server crashes → close',
    breaks: (subject, { server }) => ({
      close: async () => {
        await subject.close();
        setTimeout(() => void subject.connect(server).then(subject.close, () => {}), 100);
      },
    }),
  },
  {
    what: 'says that it is connected when it is not',
    caught: 'state-is-honest',
    story: 'http: connect → the server crashes → call',
    breaks: () => ({ state: () => 'connected' }),
  },
  {
    what: 'says that it is connected before it is',
    caught: 'state-is-honest',
    story: 'http: connect to a server that takes its time → call',
    breaks: (subject) => {
      let isAsked = false;
      const said = (state = '') => (isAsked && state === 'connecting' ? 'connected' : state);
      return {
        connect: (server) => {
          isAsked = true;
          return subject.connect(server);
        },
        state: () => said(subject.state?.()),
        onChange: (listener) => subject.onChange?.((state) => listener(said(state))),
      };
    },
  },
  {
    what: 'says that it is not connected when it is',
    caught: 'state-is-honest',
    story: 'http: connect → call',
    breaks: () => ({ state: () => 'connecting' }),
  },
  {
    what: 'tells of one change alone',
    caught: 'changes-are-told',
    story: 'http: connect → call',
    breaks: (subject) => ({
      onChange: (listener) => {
        let isFirst = true;
        subject.onChange?.((state) => {
          if (isFirst) listener(state);
          isFirst = false;
        });
      },
    }),
  },
  {
    what: 'tells of no change at all',
    caught: 'changes-are-told',
    story: 'http: connect → call',
    breaks: () => ({ onChange: () => {} }),
  },
  {
    what: 'connects once in its life',
    caught: 'reconnects',
    story: 'http: connect → the server crashes → the server is back → connect',
    breaks: (_, task) => easilyOffended(task),
  },
  {
    what: 'claims to recover, and does not',
    caught: 'recovers',
    story: 'http: connect → the server crashes → the server is back → it recovers',
    breaks: (_, task) => easilyOffended(task),
  },
  {
    what: 'claims to recover, and tries once',
    caught: 'recovers',
    story: 'http: connect → the server crashes → the server is back → it recovers',
    breaks: (_, task) => tryingOnce(task),
  },
  {
    what: 'keeps a session that is over',
    caught: 'renews-its-session',
    story: 'http: connect → the session expires → it renews its session',
    breaks: (_, task) => easilyOffended(task),
  },
  {
    what: 'claims to replace what hangs, and does not',
    caught: 'replaces-what-hangs',
    story: 'http: connect → the server hangs → it replaces the server',
    breaks: (_, task) => easilyOffended(task),
  },
  {
    what: 'never forgives',
    caught: 'serves-after-a-pause',
    story: 'http: connect → the server answers 503 → the server is back',
    breaks: (_, task) => easilyOffended(task),
  },
  {
    what: 'claims to give up, and does not',
    caught: 'gives-up',
    story: 'http: connect → the server crashes → it gives up → call',
    breaks: (subject) => {
      const said = (state: string | undefined) => (state === 'connected' ? 'connected' : 'trying');
      return {
        onChange: (listener) => subject.onChange?.((state) => listener(said(state))),
        state: () => said(subject.state?.()),
      };
    },
  },
  {
    what: 'says that it has given up, and goes on',
    caught: 'gives-up',
    story: 'http: connect → the server crashes → it gives up → call',
    breaks: (subject, { server }) => {
      let timer: NodeJS.Timeout | undefined;
      return {
        onChange: (listener) =>
          subject.onChange?.((state) => {
            if (state === 'failed') timer ??= setInterval(() => void knock(server), 50);
            listener(state);
          }),
        close: () => {
          clearInterval(timer);
          return subject.close();
        },
      };
    },
  },
];

/** For a call that failed it connects again, and when that fails, too, never more. */
async function tryingOnce(task: SubjectTask): Promise<Partial<Subject>> {
  const subject = await bare.createSubject(task);
  let hasGivenUp = false;
  return {
    ...subject,
    call: async (...call) => {
      if (hasGivenUp) throw new Error('no more');
      return subject.call(...call).catch(async () => {
        await subject.close();
        await subject.connect(task.server).catch((error: unknown) => {
          hasGivenUp = true;
          throw error;
        });
        return subject.call(...call);
      });
    },
  };
}

/** The SDK's client alone, which tells no state. */
async function bareSubject(task: SubjectTask): Promise<Partial<Subject>> {
  return bare.createSubject(task);
}

/** Asks whether the server is there. */
async function knock(server: SubjectTask['server']): Promise<void> {
  if ('url' in server) await fetch(server.url).catch(() => {});
}

/** Does nothing any more once a call has failed. */
async function easilyOffended(task: SubjectTask): Promise<Partial<Subject>> {
  const subject = await bare.createSubject(task);
  let isOffended = false;
  return {
    ...subject,
    connect: (server) => (isOffended ? Promise.reject(new Error('no more')) : subject.connect(server)),
    call: async (...call) => {
      if (isOffended) throw new Error('no more');
      return subject.call(...call).catch((error: unknown) => {
        isOffended = true;
        throw error;
      });
    },
  };
}

function brokenAdapter({ what, breaks }: Fault): Adapter {
  return {
    ...whole,
    name: what,
    createSubject: async (task) => {
      const subject = await whole.createSubject(task);
      const broken = await breaks(subject, task);
      // What tells no state at all has none in place of ours.
      return broken.connect !== undefined && broken.call !== undefined
        ? { connect: broken.connect, call: broken.call, close: broken.close ?? subject.close }
        : { ...subject, ...broken };
    },
  };
}

describe.concurrent('a subject that', () => {
  test.for(wrong)('$what is caught by $caught', async (fault, { expect: expectHere }) => {
    // A process takes its time to start where many do.
    const patience = fault.story.startsWith('stdio') ? 8000 : 5000;
    const story = connectionStories(brokenAdapter(fault), { patience }).find(
      ({ name }) => name === fault.story,
    );
    const failure: unknown = await story?.run().catch((error: unknown) => error);
    expectHere(failure).toBeInstanceOf(StoryFailure);
    expectHere(failure).toMatchObject({ invariant: { id: fault.caught } });
  });
});

test('each invariant catches one', () => {
  expect([...new Set(wrong.map(({ caught }) => caught))].sort()).toEqual(Object.keys(INVARIANTS).sort());
});
