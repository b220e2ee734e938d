/** @file The setup as the page shows it, and how it is changed. */
import type { Batches } from '../../core/memory-need.ts';
import type { Change, ModelRef, Setup } from './setup-shape.ts';
import type { Size } from './size.ts';
import type { KnobName } from '../../words/knobs.ts';
import type { MethodName } from '../../words/methods.ts';
import type { Arm } from '../../words/plan.ts';

export interface SetupView {
  readonly setup: Setup;
  /** The arms with all their knobs; [] where the setup is faulty in more than a task that is not here. */
  readonly arms: readonly Arm[];
  /** What is wrong, by field: a knob's name, `arms`, `seeds`, `taskId`; `arm/NAME/KNOB` for an arm's own knob. */
  readonly faults: Readonly<Record<string, string>>;
  /** Against the run before; [] where there is none. */
  readonly changes: readonly Change[];
  /** Of one arm and seed: rounds x prompts per round. */
  readonly prompts: number;
  /** Of one arm and seed: as many as are asked, or as the task has where it has fewer. */
  readonly testItems: number;
  /** What a run takes on this machine, by a short probe, then by what the last one of the task took; null before
   * anything was measured. */
  readonly predictedSeconds: number | null;
  /** What the arm that needs most of it adds to the model's memory: LoRA's weights, gradient and moments, and every
   * round's adapter; null before the model is known. */
  readonly predictedAdapterBytes: number | null;
  /** What the arms work on at once, the most of each; null before the model and the task are known. */
  readonly predictedBatches: Required<Batches> | null;
  /** The setup as the part of an address behind '#'. */
  readonly hash: string;
}

export interface SetupPrice {
  /** Its model, which is not loaded: that comes first, and what it takes was not measured. */
  readonly absent: ModelRef | null;
  /** null while unknown. */
  readonly seconds: number | null;
}

export interface SetupState {
  readonly setup: SetupView;
}

/** Nothing here throws: failures stand in the state. */
export interface SetupActions {
  setKnob(name: KnobName, value: string | number | boolean): void;
  /** Back to the default. */
  unsetKnob(name: KnobName): void;
  setArmKnob(arm: string, name: KnobName, value: string | number | boolean | null): void;
  addArm(method: MethodName): void;
  removeArm(name: string): void;
  renameArm(name: string, to: string): void;
  /** One method with its controls; the arms of before go. */
  chooseMethod(method: MethodName): void;
  /** A quick look or full size: settings, and of a method's own arms how many. */
  setSize(size: Size): void;
  setSeeds(seeds: readonly number[]): void;
  applySetup(setup: Setup): void;
  /** What a run of it would take on this machine. */
  priceOf(setup: Setup): SetupPrice;
  /** What stands behind '#'; what it cannot read is refused with a notice, a version that the page does not know whole. */
  applyHash(hash: string): void;
  resetSetup(): void;
}
