import { createMachine } from 'xstate';

export const door = createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: { on: { open: 'opened' } },
    opened: { on: { close: 'closed' }, after: { 1000: 'closed' } },
    walled: {},
  },
});

export const needy = createMachine({
  id: 'needy',
  context: ({ input }) => ({ limit: input.limit }),
  initial: 'a',
  states: { a: { on: { go: 'b' } }, b: {} },
});
