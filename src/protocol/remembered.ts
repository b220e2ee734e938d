/** @file The successful calls that shaped a worker's state: they are repeated in its replacement. */
import type { OutgoingRequest } from './method.ts';

export type Call = Pick<OutgoingRequest, 'method' | 'params'>;

export class Remembered {
  readonly #calls = new Map<string, Call>();

  /** In the order of the last calls. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** A request that succeeded. */
  take({ method, params, setsState, clearsState }: OutgoingRequest): void {
    for (const name of clearsState) this.#calls.delete(name);
    if (!setsState) return;
    this.#calls.delete(method); // Re-inserted last.
    this.#calls.set(method, { method, params });
  }

  forget(): void {
    this.#calls.clear();
  }
}
