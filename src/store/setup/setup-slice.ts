/** @file The setup's actions: each makes a new setup, from which everything shown about it is derived. */
import type { Batch, Batches } from '../../core/memory-need.ts';
import type { KnobName } from '../../words/knobs.ts';
import type { Arm } from '../../words/plan.ts';
import type { ArmSetup, Setup } from './setup-shape.ts';
import { isSameModel } from './setup-shape.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import type { SetupActions } from './setup-state.ts';
import type { SetupView } from './setup-state.ts';
import type { TaskCard } from '../task-state.ts';
import type { Context } from '../plumbing.ts';
import { setupFromHash, setupToHash } from './setup-url.ts';
import {
  OPENING_SETUP,
  armsOf,
  armsOfMethod,
  changesBetween,
  freeName,
  setupFaults,
  withSize,
  withoutDefaults,
} from './setup.ts';
import { sizeOf } from './size.ts';
import { tooFewOf } from './too-few.ts';
import { testItemsOf } from '../../method/agenda.ts';
import { newRequests } from '../../method/requests.ts';
import { expectedWork, millisecondsOf } from '../../method/work.ts';
import type { Forecast } from '../forecast/forecast.ts';

const kOf = (cards: readonly TaskCard[]) => (taskId: string) =>
  cards.find(({ definition }) => definition.id === taskId)?.definition.k ?? null;

/** Milliseconds of all arms with one seed; null where one of them is not known. */
function millisecondsOfArms(arms: readonly Arm[], card: TaskCard, forecast: Forecast): number | null {
  let total: number | null = arms.length === 0 ? null : 0;
  for (const [arm, requests] of newRequests(arms, card)) {
    const own = millisecondsOf(
      expectedWork(requests, forecast.weigh(card, arm)),
      forecast.rates(card.definition.id),
    );
    total = total === null || own === null ? null : total + own;
  }
  return total;
}

function largestOf(all: readonly Required<Batches>[]): Required<Batches> | null {
  const size = ({ rows, tokens }: Batch) => rows * tokens;
  const largest = (of: (batches: Required<Batches>) => Batch) =>
    all.map(of).reduce((most, one) => (size(one) > size(most) ? one : most));
  return all.length === 0
    ? null
    : { labelling: largest(({ labelling }) => labelling), training: largest(({ training }) => training) };
}

/** @param last the setup of the run before; null where there is none */
export function viewOfSetup(
  setup: Setup,
  cards: readonly TaskCard[],
  last: Setup | null,
  forecast: Forecast,
): SetupView {
  const faults = setupFaults(
    setup,
    cards.map(({ definition }) => definition.id),
  );
  // A task that is not here takes nothing from its arms: they are drawn, and wait for it.
  const isSound = Object.keys(faults).every((field) => field === 'taskId');
  const arms = isSound ? armsOf(setup) : [];
  const card = cards.find(({ definition }) => definition.id === setup.taskId);
  const milliseconds = card === undefined ? null : millisecondsOfArms(arms, card, forecast);
  const bytes = arms.flatMap((arm) => forecast.adapterBytes(setup.taskId, arm) ?? []);
  const [first] = arms;
  return {
    ...{ setup, arms, faults, hash: setupToHash(setup) },
    changes: last === null ? [] : changesBetween(last, setup, kOf(cards)),
    prompts: first === undefined ? 0 : first.knobs.rounds * first.knobs.promptsPerRound,
    testItems: first === undefined || card === undefined ? 0 : testItemsOf(first, card),
    predictedSeconds: milliseconds === null ? null : (milliseconds * setup.seeds.length) / 1000,
    predictedBatches: largestOf(arms.flatMap((arm) => forecast.batches(setup.taskId, arm) ?? [])),
    predictedAdapterBytes: bytes.length === 0 ? null : Math.max(...bytes),
  };
}

export interface SetupSlice {
  readonly actions: SetupActions;
  /** Derives the view anew: a run has ended, a task came, the machine was measured. */
  refresh(): void;
  put(setup: Setup): void;
}

export interface SetupSources {
  readonly last: () => Setup | null;
  readonly forecast: Forecast;
  /** The chosen task or model changed. */
  readonly onChosen: (before: Setup, after: Setup) => void;
}

export function setupSlice(context: Context, { last, forecast, onChosen }: SetupSources): SetupSlice {
  const current = (): Setup => context.state.setup.setup;
  const put = (setup: Setup) => {
    const before = current();
    const { cards } = context.state.tasks;
    context.set({ setup: viewOfSetup(setup, cards, last(), forecast) });
    onChosen(before, setup);
  };
  const change = (changes: Partial<Setup>) => {
    put({ ...current(), ...changes });
  };
  const without = (knobs: KnobsSet, name: KnobName): KnobsSet =>
    Object.fromEntries(Object.entries(knobs).filter(([other]) => other !== name));
  const changeArm = (name: string, how: (arm: ArmSetup) => ArmSetup) => {
    change({ arms: current().arms.map((arm) => (arm.name === name ? how(arm) : arm)) });
  };

  const actions: SetupActions = {
    setKnob: (name, value) => {
      change({ shared: withoutDefaults({ ...current().shared, [name]: value }) });
    },
    unsetKnob: (name) => {
      change({ shared: without(current().shared, name) });
    },
    setArmKnob: (arm, name, value) => {
      changeArm(arm, (found) => ({
        ...found,
        knobs: value === null ? without(found.knobs, name) : { ...found.knobs, [name]: value },
      }));
    },
    addArm: (method) => {
      const { arms } = current();
      change({ arms: [...arms, { name: freeName(arms, method), method, knobs: {} }] });
    },
    removeArm: (name) => {
      change({ arms: current().arms.filter((arm) => arm.name !== name) });
    },
    renameArm: (name, to) => {
      changeArm(name, (arm) => ({ ...arm, name: to }));
    },
    chooseMethod: (method) => {
      change({ arms: armsOfMethod(method, sizeOf(current())) });
    },
    setSize: (size) => {
      put(withSize(current(), size));
    },
    setSeeds: (seeds) => {
      change({ seeds });
    },
    applySetup: put,
    priceOf: (setup) => {
      // What was measured is of the loaded model.
      if (!isSameModel(setup.model, context.state.model.ref)) return { absent: setup.model, seconds: null };
      const { cards } = context.state.tasks;
      const { predictedSeconds, arms } = viewOfSetup(setup, cards, null, forecast);
      const card = cards.find(({ definition }) => definition.id === setup.taskId);
      const cannotRun = card !== undefined && tooFewOf(arms, card) !== null;
      return { absent: null, seconds: cannotRun ? null : predictedSeconds };
    },
    applyHash: (hash) => {
      try {
        const { setup, refused } = setupFromHash(hash);
        for (const sentence of refused) context.notify(sentence);
        put(setup);
      } catch (thrown) {
        context.fail(thrown);
      }
    },
    resetSetup: () => {
      put(OPENING_SETUP);
    },
  };
  return {
    actions,
    put,
    refresh: () => {
      put(current());
    },
  };
}
