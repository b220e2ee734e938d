/**
 * @file Looks beforehand, and the remedies. Fetched when the first look is asked for (late-readiness.ts): nobody looks
 * before there is a model. One look at a time; a newer one calls off an older one.
 */
import { LabError, toLabError } from '../../core/errors.ts';
import { countFitting, sampleRows } from '../../analysis/readiness/ask-rows.ts';
import { labelsUsedWords } from '../../analysis/readiness/choice-words.ts';
import { DRAWS, askDraws } from '../../analysis/readiness/draws.ts';
import type { LabelNames } from '../../analysis/readiness/mend.ts';
import { withLabels, withTemplate } from '../../analysis/readiness/mend.ts';
import type { Remedy } from '../../analysis/readiness/remedies.ts';
import type { ReadinessSample } from '../../analysis/readiness/sample.ts';
import { askSample } from '../../analysis/readiness/sample.ts';
import { chooseTemplate } from '../../analysis/readiness/templates.ts';
import { readinessOf } from '../../analysis/readiness/word.ts';
import { labPorts } from '../../lab/ports.ts';
import { promptMaker } from '../../method/prompt-maker.ts';
import { plural } from '../../core/plural.ts';
import type { Signal } from '../../protocol/wire.ts';
import { isKnobName } from '../../words/knobs.ts';
import type { Knobs } from '../../words/knobs.ts';
import { armOf, withRate } from '../../words/plan.ts';
import type { Plan } from '../../words/plan.ts';
import type { Task } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import { Throttle } from '../clock.ts';
import type { Fault } from '../lab-state.ts';
import { faultOf } from '../lab-state.ts';
import type { ReadyModel } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import type { ReadinessSources } from './sources.ts';
import { changedSince } from './stale.ts';
import type { LookedAt, Looks, PlaceView, ReadinessView, TaskFit } from './readiness-state.ts';

/** What a person waits for without thinking, in seconds. */
const SECONDS = 5;
/** More rows are not asked even where there is time. */
const MOST_ROWS = 64;
/** Rows that the word is refined by whatever the time, while the person watches: it stands from the first few on. */
const LEAST_ROWS = 16;
/** Rows of the prompt doctor: 24 for its race, the others for what that named. */
const DOCTOR_ROWS = 56;
/** Rows of a place on the map, each asked under every draw of demonstrations. */
const PLACE_ROWS = 32;

/** Rows of a split whose length is looked at while somebody waits. */
const MOST_COUNTED = 2000;

/** A look that goes on. */
interface Looking<P> {
  readonly plan: Plan;
  readonly ports: ReturnType<typeof labPorts>;
  readonly ready: ReadyModel;
  readonly show: (progress: P) => void;
}

/** Where a look is told. */
interface Board<V> {
  view(): V | null;
  set(view: V): void;
  /** What it is at its end. */
  rest(fault: Fault | null): Partial<V>;
}

export class ReadinessSlice {
  readonly looks: Looks;
  readonly #context: Context;
  readonly #sources: ReadinessSources;
  #going: { abort(): void } | null = null;

  constructor(context: Context, sources: ReadinessSources) {
    this.#context = context;
    this.#sources = sources;
    this.looks = {
      checkFirst: (rows) => this.#check(rows ?? null),
      findPlace: () => this.#findPlace(),
      tryTemplates: () => this.#try(),
      stopChecking: () => {
        this.stop();
      },
      closeCheck: () => {
        this.stop();
        context.set({ readiness: null });
      },
      applyRemedy: (remedy) => this.#apply(remedy),
      renameLabels: (names) => this.#rename(names),
      takeWinner: () => this.#takeWinner(),
      countFitting: (task) => this.#fitting(task),
    };
  }

  stop(): void {
    this.#going?.abort();
  }

  #plan(ready: ReadyModel): Plan {
    const { tasks, setup } = this.#context.state;
    const [arm] = setup.arms;
    const [seed] = setup.setup.seeds;
    if (tasks.task === null || arm === undefined || seed === undefined)
      throw new LabError('invalid-request', 'There is no task, or the setup has a fault.', {
        remedy: 'Choose a task, and correct the fields that are marked.',
      });
    const [rated = arm] = withRate([arm], ready.facts.learningRate);
    return { task: tasks.task, arm: rated, seed };
  }

  #ports(ready: ReadyModel, signal: Signal): ReturnType<typeof labPorts> {
    const { inference, training } = this.#sources.models.services;
    const { clock } = this.#context.plumbing;
    return labPorts({ inference, training, model: ready.facts, signal, now: () => clock.now() });
  }

  /** A look: its view begins, changes as it goes, and rests. Of a newer look nothing is said any more. */
  async #asking<V extends { readonly of: LookedAt }>(
    board: Board<V>,
    begin: (of: LookedAt) => V,
    how: (looking: Looking<Partial<V>>) => Promise<void>,
  ): Promise<void> {
    this.stop();
    const abort = this.#context.plumbing.newAbort();
    this.#going = abort;
    this.#sources.onAsking();
    try {
      const ready = await this.#sources.models.ready();
      const plan = this.#plan(ready);
      const [arm = plan.arm] = this.#context.state.setup.arms;
      const of: LookedAt = { ...plan, arm, model: ready.facts };
      const put = (change: Partial<V>) => {
        const view = board.view();
        if (view?.of === of) board.set({ ...view, ...change });
      };
      let progress: Partial<V> = {};
      const throttle = new Throttle(this.#context.plumbing.clock, () => {
        put(progress);
      });
      const show = (change: Partial<V>) => {
        progress = { ...progress, ...change };
        throttle.soon();
      };
      board.set(begin(of));
      try {
        const ports = this.#ports(ready, abort.signal);
        await how({ plan, ports, ready, show });
        throttle.now();
        put(board.rest(null));
      } catch (thrown) {
        throttle.now();
        // Told with the look and nowhere else, so that it goes with it.
        const error = toLabError(thrown);
        put(board.rest(error.code === 'cancelled' ? null : faultOf(error)));
      }
    } catch (thrown) {
      this.#context.fail(thrown);
    } finally {
      if (this.#going === abort) this.#going = null;
    }
  }

  /** @param kept what still holds of the look before */
  #look(
    work: 'rows' | 'templates',
    kept: Partial<ReadinessView>,
    how: (looking: Looking<Partial<ReadinessView>>) => Promise<void>,
  ): Promise<void> {
    const fresh = { work, share: 0, note: '', found: null, choice: null, fault: null };
    const board: Board<ReadinessView> = {
      view: () => this.#context.state.readiness,
      set: (readiness) => {
        this.#context.set({ readiness });
      },
      rest: (fault) => ({ work: null, fault }),
    };
    return this.#asking(board, (of) => ({ of, ...fresh, ...kept }), how);
  }

  #findPlace(): Promise<void> {
    const board: Board<PlaceView> = {
      view: () => this.#context.state.place,
      set: (place) => {
        this.#context.set({ place });
      },
      rest: (fault) => ({ isAsking: false, fault }),
    };
    const fresh = { isAsking: true, share: 0, note: '', found: null, fault: null };
    return this.#asking(
      board,
      (of) => ({ of, ...fresh }),
      async ({ plan, ports, show }) => {
        if (sampleRows(plan, 1).length === 0) {
          throw new LabError('invalid-request', 'No row of validation, probe or pool has an answer.', {
            remedy: 'Give the task labelled rows, in its pool at least.',
          });
        }
        let answers = 0;
        const told = async function* (request: Parameters<typeof ports.generate>[0]) {
          for await (const completion of ports.generate(request)) {
            answers++;
            show({ share: Math.min(1, answers / (DRAWS * PLACE_ROWS)), note: plural(answers, 'answer') });
            yield completion;
          }
        };
        const found = await askDraws(plan, { ...ports, generate: told }, PLACE_ROWS);
        if (found === null) {
          throw new LabError('context-overflow', 'No answered row fits this model with its demonstrations.', {
            remedy: 'Show fewer demonstrations, or choose a model with a longer context.',
          });
        }
        show({ found });
      },
    );
  }

  /** @param rows null: as many as there is time for */
  #check(rows: number | null): Promise<void> {
    return this.#look('rows', {}, async ({ plan, ports, show }) => {
      const { clock } = this.#context.plumbing;
      const begun = clock.now();
      let answers = 0;
      const told = async function* (request: Parameters<typeof ports.generate>[0]) {
        for await (const completion of ports.generate(request)) {
          answers++;
          const ofTime = rows === null ? (clock.now() - begun) / (1000 * SECONDS) : 1;
          const share = Math.min(ofTime, answers / (2 * (rows ?? LEAST_ROWS)));
          show({ share: Math.min(1, share), note: plural(answers, 'answer') });
          yield completion;
        }
      };
      const found = (sample: ReadinessSample) => ({ found: { ...readinessOf(plan, sample), sample } });
      const sample = await askSample(
        plan,
        { ...ports, generate: told },
        {
          ...(rows === null
            ? { rows: MOST_ROWS, seconds: SECONDS, least: LEAST_ROWS }
            : { rows, seconds: null }),
          onSeen: (seen) => {
            show(found(seen));
          },
        },
      );
      show(found(sample));
    });
  }

  #try(): Promise<void> {
    const { readiness } = this.#context.state;
    const isOfNow = readiness !== null && changedSince(readiness.of, this.#context.state).length === 0;
    const kept = isOfNow ? { found: readiness.found } : {};
    return this.#look('templates', kept, async ({ plan, ports, ready, show }) => {
      const { hasChatTemplate: hasChat } = ready.loaded.inference;
      const choice = await chooseTemplate(plan, ports, {
        ...{ rows: DOCTOR_ROWS, hasChat },
        onProgress: ({ asked, most, left }) => {
          show({ share: asked / most, note: `${asked} of at most ${most} answers, ${left} templates left` });
        },
      });
      show({ choice });
    });
  }

  /** Into the first arm, whose own knobs go before the shared ones. */
  #set(knobs: Partial<Knobs>): void {
    const { setup } = this.#sources;
    for (const [name, value] of Object.entries(knobs)) {
      if (!isKnobName(name)) continue;
      const [arm] = this.#context.state.setup.setup.arms;
      if (arm?.knobs[name] === undefined) setup.setKnob(name, value);
      else setup.setArmKnob(arm.name, name, value);
    }
  }

  async #use(make: (task: Task, taken: readonly string[]) => Task): Promise<void> {
    const { task, cards } = this.#context.state.tasks;
    if (task === null) return;
    await this.#sources.addTask(
      make(
        task,
        cards.map(({ definition }) => definition.id),
      ),
    );
  }

  async #apply(remedy: Remedy): Promise<void> {
    switch (remedy.kind) {
      case 'knobs':
        this.#set(remedy.set);
        return this.#check(null);
      case 'template':
        await this.#use((task, taken) => withTemplate(task, remedy.template, '', taken));
        return this.#check(null);
      case 'labels':
        return this.#rename(remedy.names);
      case 'templates':
        return this.#try();
      case 'rows':
        return this.#check(remedy.rows);
      case 'model':
        return; // Only a person has one.
    }
  }

  async #rename(names: LabelNames): Promise<void> {
    await this.#use((task, taken) => withLabels(task, names, taken));
    await this.#check(null);
  }

  async #takeWinner(): Promise<void> {
    const { readiness } = this.#context.state;
    if (readiness?.choice == null) return;
    const { winner } = readiness.choice;
    if (winner === null) return;
    const { template } = readiness.of.task.definition;
    const used = labelsUsedWords(readiness.choice);
    if (winner.template !== template)
      await this.#use((task, taken) => withTemplate(task, winner.template, used, taken));
    if (winner.chat !== readiness.of.arm.knobs.chat) this.#set({ chat: winner.chat });
    await this.#check(null);
  }

  async #fitting(task: Task): Promise<TaskFit | null> {
    if (this.#context.state.model.status !== 'ready') return null;
    try {
      const ready = await this.#sources.models.ready();
      const { signal } = this.#context.plumbing.newAbort();
      const ports = this.#ports(ready, signal);
      const maker = await promptMaker({ task, arm: armOf('soft', 'soft'), seed: 1 }, ports);
      const splits: TaskFit['splits'][number][] = [];
      for (const split of SPLITS) {
        const looked = task.splits[split].slice(0, MOST_COUNTED);
        const { seen: rows, fit } = await countFitting(maker, ports, looked);
        splits.push({ split, rows, fit });
      }
      const isPart = SPLITS.some((split) => task.splits[split].length > MOST_COUNTED);
      return { positions: ready.facts.maxPositions, splits, isPart };
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }
}
