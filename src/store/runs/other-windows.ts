/**
 * @file Other windows of this page, which compute, rename and delete runs too: the list follows them. What one of them has
 * left in its middle is offered.
 */
import type { Archive } from './archive.ts';
import type { Context } from '../plumbing.ts';

/** Milliseconds between two looks while another window computes a run: one that is killed tells nobody. */
const LOOK_MS = 5_000;
/** Milliseconds until a list that could not be read is asked for again. */
const AGAIN_MS = 15_000;

export class OtherWindows {
  readonly #context: Context;
  readonly #archive: Archive;
  readonly #onRuns: () => void;
  #isReading = false;
  /** Told while the list was being read: once more. */
  #isAgain = false;
  #stopNext = (): void => undefined;

  constructor(context: Context, archive: Archive, onRuns: () => void) {
    this.#context = context;
    this.#archive = archive;
    this.#onRuns = onRuns;
  }

  /** Reads the list, and follows the other windows from now on. @throws LabError of a storage that is asked again later */
  async open(): Promise<void> {
    this.#context.plumbing.vault.watch(() => void this.look());
    await this.#readOrAskAgain();
  }

  async #readOrAskAgain(): Promise<void> {
    try {
      await this.#read();
    } catch (thrown) {
      this.#askAgain();
      throw thrown;
    }
  }

  /** Until the storage answers; that it does not has been told. */
  #askAgain(): void {
    this.#stopNext();
    this.#stopNext = this.#context.plumbing.clock.delay(AGAIN_MS, () => {
      this.#read().then(this.#onRuns, () => {
        this.#askAgain();
      });
    });
  }

  /** @throws LabError of the storage */
  async #read(): Promise<void> {
    this.#stopNext();
    const hasOthers = await this.#archive.load();
    this.#offer();
    if (hasOthers)
      this.#stopNext = this.#context.plumbing.clock.delay(LOOK_MS, () => {
        void this.look();
      });
  }

  /** Reads the list in passing: nobody waits for it. */
  async look(): Promise<void> {
    this.#isAgain = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isAgain) {
      this.#isAgain = false;
      await this.#context.attempt(async () => {
        await this.#readOrAskAgain();
        this.#onRuns();
      });
    }
    this.#isReading = false;
  }

  #offer(): void {
    const [newest] = this.#archive.left();
    const { interrupted, runs } = this.#context.state;
    const next = runs.find(({ id }) => id === newest?.id) ?? null;
    if (next?.id !== interrupted?.id) this.#context.set({ interrupted: next });
  }
}
