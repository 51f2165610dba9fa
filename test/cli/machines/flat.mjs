import { createMachine } from 'xstate';

export const cart = createMachine({ id: 'cart', on: { add: { actions: () => {} } } });
