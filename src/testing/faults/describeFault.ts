import type { TransportFault } from './faults.types.js';

/** The fault in words, on one line: `delay the 3rd received message by 250 ms`. */
export function describeFault(fault: TransportFault): string {
  const which = messagesOf(fault);
  switch (fault.do) {
    case 'delay':
      return `delay ${which} by ${fault.by} ms`;
    case 'duplicate': {
      const { copies = 1 } = fault;
      return `duplicate ${which}${copies === 1 ? '' : `, ${copies} times`}`;
    }
    case 'garble':
      return `garble the ${fault.how ?? 'text'} of ${which}`;
    case 'hang':
      return `hang from ${which} on`;
    case 'close':
      return `close at ${which}`;
    default:
      return `${fault.do} ${which}`;
  }
}

function messagesOf({ on, at, times = 1, method }: TransportFault): string {
  const what = `${on} ${method === undefined ? 'message' : `message of ${method}`}`;
  if (times === 1) return `the ${ordinal(at)} ${what}`;
  if (times === 'always') return `every ${what}${at === 1 ? '' : ` from the ${ordinal(at)} on`}`;
  return `the ${ordinal(at)} to ${ordinal(at + times - 1)} ${what}`;
}

export function ordinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  const ending = isTeen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[number % 10] ?? 'th');
  return `${number}${ending}`;
}
