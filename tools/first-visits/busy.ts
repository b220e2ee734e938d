/** @file Processes that keep cores busy, as other programs do on a person's machine. */
import { spawn } from 'node:child_process';

/** Looks up from its work now and then, and ends with the process that started it, however that ends. */
const WORK = `
process.on('disconnect', () => process.exit());
(function work() {
  for (const end = Date.now() + 100; Date.now() < end; );
  setImmediate(work);
})();`;

/** @returns ends them */
export function keepBusy(count: number): () => void {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', WORK], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  );
  return () => {
    for (const child of children) child.kill();
  };
}
