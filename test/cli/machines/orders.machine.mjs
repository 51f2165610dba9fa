import { assign, fromPromise, setup } from 'xstate';

export const orders = setup({ actors: { charge: fromPromise(async () => ({ receipt: '' })) } }).createMachine(
  {
    id: 'orders',
    context: ({ input }) => ({ total: input.total, receipt: '' }),
    initial: 'open',
    states: {
      open: { on: { pay: 'charging', cancel: 'cancelled' } },
      charging: {
        invoke: {
          src: 'charge',
          onDone: { target: 'paid', actions: assign({ receipt: ({ event }) => event.output.receipt }) },
          onError: 'open',
        },
      },
      paid: { type: 'final' },
      cancelled: { type: 'final' },
    },
  },
);

export const fixtures = {
  inputs: { 'ten to pay': { total: 10 } },
  actors: { charge: { outputs: [{ receipt: 'r1' }], errors: [new Error('declined')] } },
};

export default orders;
