/** @file Lets the worker read its messages between pieces of work; a promise alone never does. */

/** Resolves after the events that wait now; timers would add their clamped milliseconds to every step. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
