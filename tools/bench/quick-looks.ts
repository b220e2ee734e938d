/**
 * @file How often a quick look, which is one seed, says what is not so: many of them, a seed each, run by the app's workers in
 * headless Chromium, and what each would say held against the mean over the seeds of a study. The folder is an experiment's:
 * what is there is not run again.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findingsOf, lastRound, valuesOf } from '../../src/analysis/findings.ts';
import type { Paired, Side } from '../../src/analysis/paired.ts';
import { judge, judgeArms, paired } from '../../src/analysis/paired.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { RunState } from '../../src/method/state.ts';
import { foldEvents } from '../../src/method/state.ts';
import { interval } from '../../src/metrics/statistics.ts';
import { OPENING_SETUP } from '../../src/store/setup/setup.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import type { Arm } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import { chromiumLab } from '../experiment/chromium-lab.ts';
import { ComputedFiles } from '../experiment/computed.ts';
import { conduct } from '../experiment/conduct.ts';
import type { Inputs } from '../experiment/inputs.ts';
import { readInputs } from '../experiment/inputs.ts';
import { hasTexts } from '../experiment/outputs.ts';
import { streamReporter } from '../experiment/report.ts';
import { RunStore } from '../experiment/run-store.ts';
import { builtSite } from '../experiment/site.ts';
import { readResultRows } from '../read-json.ts';

/** Of the same arms on the same task, at the same test items. */
const STUDY = 'docs/results/soft-vs-frozen';

/** What a quick look can say of a direction, by the question that it answers. */
export type Looked = ReadonlyMap<string, Paired | null>;
/** Of a seed of the study, the same difference; null where it was not measured. */
export type Measured = (rows: readonly ResultRow[], seed: number) => number | null;

const ARMS = 'Is the method above its first control?';

/** All that one quick look states: of its two arms, and the verdict's three parts. */
export function lookedAt(task: Task, seed: number, cells: readonly { arm: Arm; state: RunState }[]): Looked {
  const [method, control] = cells;
  if (method === undefined || control === undefined) return new Map();
  const { metric } = task.definition;
  const side = ({ state }: { state: RunState }): Side => {
    const round = lastRound(state, 'zero-shot');
    const values =
      round === null
        ? new Map<string, number>()
        : valuesOf(task, state, { round, mode: 'zero-shot' }, metric);
    const mean = [...values.values()].reduce((sum, value) => sum + value, 0) / values.size;
    return { scores: values.size === 0 ? new Map() : new Map([[seed, mean]]), itemsOf: () => values };
  };
  const findings = findingsOf(task, method.arm, [{ seed, state: method.state }]);
  return new Map([
    [ARMS, paired(side(method), side(control))],
    ...findings.map(({ question, rests }) => [question, rests] as const),
  ]);
}

/** The same of the study's rows. */
export function measuredBy({
  arms,
  metric,
}: {
  readonly arms: readonly string[];
  readonly metric: string;
}): ReadonlyMap<string, Measured> {
  const [method = '', control = ''] = arms;
  const at = (
    rows: readonly ResultRow[],
    seed: number,
    arm: string,
    mode: 'zero-shot' | 'few-shot',
    of: string,
  ) => {
    const own = rows.filter(
      (row) =>
        row.seed === seed &&
        row.arm === arm &&
        row.mode === mode &&
        row.metric === of &&
        row.split === 'test',
    );
    return new Map(own.map(({ round, value }) => [round, value]));
  };
  const last = (values: ReadonlyMap<number, number>) => Math.max(...values.keys());
  const minus = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? null : a - b;
  return new Map<string, Measured>([
    [
      ARMS,
      (rows, seed) => {
        const [a, b] = [method, control].map((arm) => at(rows, seed, arm, 'zero-shot', metric));
        return a === undefined || b === undefined ? null : minus(a.get(last(a)), b.get(last(b)));
      },
    ],
    [
      'Did the student beat its teacher?',
      (rows, seed) => {
        const [zero, few] = (['zero-shot', 'few-shot'] as const).map((mode) =>
          at(rows, seed, method, mode, metric),
        );
        return zero === undefined || few === undefined
          ? null
          : minus(zero.get(last(zero)), few.get(last(zero) - 1));
      },
    ],
    [
      'Did the teacher get better?',
      (rows, seed) => {
        const few = at(rows, seed, method, 'few-shot', metric);
        return minus(few.get(last(few)), few.get(0));
      },
    ],
    [
      'Format or meaning?',
      (rows, seed) => {
        const held = at(rows, seed, method, 'zero-shot', 'constrained_accuracy');
        return minus(held.get(last(held)), held.get(0));
      },
    ],
  ]);
}

export interface Said {
  readonly question: string;
  /** Over the study's seeds, with Student's 95% interval. */
  readonly study: { readonly mean: number | null; readonly halfWidth: number | null; readonly seeds: number };
  /** Looks that could compare, and what they would say. */
  readonly looks: number;
  readonly higher: number;
  readonly lower: number;
  readonly tooFewToTell: number;
  /** Shares of all looks: a direction against the sign of the study's mean, and none at all. */
  readonly wrong: number | null;
  readonly untold: number | null;
  /** Over the looks. */
  readonly mean: number | null;
  readonly halfWidth: number | null;
}

export function saidBy(
  looks: readonly Looked[],
  rows: readonly ResultRow[],
  measures: ReadonlyMap<string, Measured>,
): readonly Said[] {
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  return [...measures].map(([question, measured]) => {
    const study = interval(seeds.flatMap((seed) => measured(rows, seed) ?? []));
    const found = looks.flatMap((look) => look.get(question) ?? []);
    const verdicts = found.map(question === ARMS ? judgeArms : judge);
    const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
    const [higher, lower] = [count('higher'), count('lower')];
    const share = (some: number) => (found.length === 0 ? null : some / found.length);
    const against = (study.mean ?? 0) > 0 ? lower : higher;
    const { mean, halfWidth } = interval(found.map((one) => one.mean));
    return {
      question,
      study: { mean: study.mean, halfWidth: study.halfWidth, seeds: study.n },
      ...{ looks: found.length, higher, lower, tooFewToTell: found.length - higher - lower },
      ...{ wrong: study.mean === null ? null : share(against), untold: share(found.length - higher - lower) },
      ...{ mean, halfWidth },
    };
  });
}

/** Those whose arms have all come to their end. */
async function looksIn(
  folder: string,
  { experiment, tasks, checkpoint }: Inputs,
): Promise<readonly Looked[]> {
  const [named] = tasks;
  if (named === undefined) return [];
  const looks: Looked[] = [];
  for (const seed of experiment.seeds) {
    const runs = experiment.arms.map((arm) => ({ task: named.task.definition.id, arm, seed }));
    if (!runs.every((run) => hasTexts(folder, run))) continue;
    const cells: { arm: Arm; state: RunState }[] = [];
    for (const run of runs) {
      const store = await RunStore.open(folder, run, checkpoint);
      cells.push({ arm: run.arm, state: foldEvents(store.events) });
      await store.close();
    }
    looks.push(lookedAt(named.task, seed, cells));
  }
  return looks;
}

export interface QuickLooks {
  readonly looks: number;
  readonly of: number;
  readonly said: readonly Said[];
}

/** @param isRead what is there is told, and nothing runs: another command may be at work in the folder */
export async function benchQuickLooks(options: {
  readonly seeds: number;
  readonly out: string;
  readonly isRead: boolean;
}): Promise<QuickLooks> {
  const folder = resolve(options.out);
  const { taskId, arms, shared, model } = OPENING_SETUP;
  const experiment = parseExperiment({
    ...{ title: 'Quick looks', model: model.name, tasks: [taskId], shared },
    why: 'One seed of a quick look is one draw. A hundred of them say how often its sentence points against the mean of the full-size seeds, and how large the difference is over many more draws.',
    question:
      'Over a hundred seeds of what the page opens with, how far does SOFT end above its frozen teacher?',
    seeds: Array.from({ length: options.seeds }, (_, i) => i + 1),
    arms: arms.map(({ name, method, knobs }) => ({ name, method, ...knobs })),
  });
  const inputs = await readInputs(experiment, { file: folder, standing: process.cwd() });
  if (!options.isRead) {
    const stop = new AbortController();
    process.once('SIGINT', () => {
      stop.abort();
    });
    const openLab = chromiumLab({
      ...{ site: await builtSite(), model: inputs.modelFolder, weights: inputs.checkpoint.weights },
      ...{
        backend: 'wasm' as const,
        allowSoftware: false,
        isHeaded: false,
        computed: new ComputedFiles(folder),
      },
    });
    const report = streamReporter(process.stderr);
    await conduct({ inputs, folder, isResumed: existsSync(folder), openLab, signal: stop.signal, report });
  }
  const looks = await looksIn(folder, inputs);
  const rows = (await readResultRows(STUDY)).filter(({ task }) => task === taskId);
  const metric = inputs.tasks[0]?.task.definition.metric ?? 'exact_match';
  const measures = measuredBy({ arms: arms.map(({ name }) => name), metric });
  return { looks: looks.length, of: options.seeds, said: saidBy(looks, rows, measures) };
}
