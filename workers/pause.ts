/**
 * @file A turn of the event loop: wasm kernels await microtasks only, so without it no message (a cancel, say) would
 * ever be delivered between two tokens. A message to oneself has none of setTimeout's 4 ms minimum.
 */
const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

export function pause(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
