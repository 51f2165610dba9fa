/** Resolves so many milliseconds later; rejects with the signal's reason when that comes first. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onabort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onabort);
      resolve();
    }, milliseconds);
    if (signal.aborted) onabort();
    else signal.addEventListener('abort', onabort, { once: true });
  });
}
