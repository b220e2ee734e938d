/**
 * @file What holding a model's matrices in another type does to a task: an experiment runs with its model in each type, in
 * headless Chromium on wasm, and every test answer is held against the same item's in float32. The folder holds an experiment per
 * type: what is there is not run again.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { saidMode } from '../../src/method/room.ts';
import { foldEvents } from '../../src/method/state.ts';
import { pairedItems } from '../../src/metrics/statistics.ts';
import type { WeightType } from '../../src/core/weights.ts';
import { namedWeights, nameWithWeights, weightType } from '../../src/core/weights.ts';
import { chromiumLab } from '../experiment/chromium-lab.ts';
import { ComputedFiles } from '../experiment/computed.ts';
import { conduct } from '../experiment/conduct.ts';
import type { Inputs } from '../experiment/inputs.ts';
import { readExperiment, readInputs } from '../experiment/inputs.ts';
import { streamReporter } from '../experiment/report.ts';
import { RunStore } from '../experiment/run-store.ts';
import { builtSite } from '../experiment/site.ts';

interface Answer {
  readonly text: string;
  readonly isRight: boolean;
}

/** All seeds' answers to the test items in one round, asked in one way. */
interface Cell {
  readonly head: {
    readonly task: string;
    readonly arm: string;
    readonly round: number;
    readonly mode: string;
  };
  /** By seed and item. */
  readonly answers: Map<string, Answer>;
}

/** One type against float32 on the test items of one cell. */
export interface TypeRow {
  readonly type: WeightType;
  readonly task: string;
  readonly arm: string;
  readonly round: number;
  readonly mode: string;
  readonly items: number;
  readonly score: number;
  /** Its score less float32's on the same items, and twice that difference's standard error. */
  readonly difference: number;
  readonly halfWidth: number;
  /** Items that are right in it and wrong in float32, and the other way round. */
  readonly mended: number;
  readonly broken: number;
  /** Share of answers that are float32's, letter by letter. */
  readonly sameAnswers: number;
}

async function cellsIn(folder: string, { experiment, tasks, checkpoint }: Inputs) {
  const runs = tasks.flatMap(({ task }) =>
    experiment.arms.flatMap((arm) =>
      experiment.seeds.map((seed) => ({ task: task.definition.id, arm, seed })),
    ),
  );
  const cells = new Map<string, Cell>();
  for (const run of runs) {
    const store = await RunStore.open(folder, run, checkpoint);
    const { rounds } = foldEvents(store.events);
    await store.close();
    const asked = rounds.flatMap(({ round, evaluations }) => evaluations.map((one) => ({ round, ...one })));
    for (const { round, split, mode, shots, predictions } of asked) {
      if (split !== 'test') continue;
      const head = { task: run.task, arm: run.arm.name, round, mode: saidMode(mode, shots) };
      const key = JSON.stringify(head);
      const cell = cells.get(key) ?? { head, answers: new Map<string, Answer>() };
      for (const { id, answer, isExact } of predictions)
        cell.answers.set(`${run.seed} ${id}`, { text: answer, isRight: isExact });
      cells.set(key, cell);
    }
  }
  return cells;
}

function typeRow(type: WeightType, { head, answers }: Cell, float32: Cell['answers']): TypeRow | null {
  const right = (some: Cell['answers']) =>
    new Map([...some].map(([id, { isRight }]) => [id, isRight ? 1 : 0]));
  const pairs = pairedItems(right(answers), right(float32));
  if (pairs === null) return null;
  const both = [...answers].flatMap(([id, own]) => {
    const theirs = float32.get(id);
    return theirs === undefined ? [] : [{ own, theirs }];
  });
  const count = (is: (pair: { own: Answer; theirs: Answer }) => boolean) => both.filter(is).length;
  return {
    ...{ type, ...head, items: pairs.items, score: pairs.a },
    ...{ difference: pairs.mean, halfWidth: 2 * pairs.standardError },
    mended: count(({ own, theirs }) => own.isRight && !theirs.isRight),
    broken: count(({ own, theirs }) => !own.isRight && theirs.isRight),
    sameAnswers: count(({ own, theirs }) => own.text === theirs.text) / both.length,
  };
}

/** @param file an experiment; its model's own type is left aside
 * @param out a folder for the experiments, one for each type */
export async function benchTypes(file: string, out: string): Promise<readonly TypeRow[]> {
  const experiment = await readExperiment(file);
  const { name } = namedWeights(experiment.model);
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const site = await builtSite();
  const rows: TypeRow[] = [];
  let float32: ReadonlyMap<string, Cell> = new Map();
  for (const weights of weightType.options) {
    const folder = join(resolve(out), weights);
    const held = { ...experiment, model: nameWithWeights({ name, weights }) };
    const inputs = await readInputs(held, { file, standing: process.cwd() });
    const openLab = chromiumLab({
      ...{ site, model: inputs.modelFolder, weights: inputs.checkpoint.weights, backend: 'wasm' as const },
      ...{ allowSoftware: false, isHeaded: false, computed: new ComputedFiles(folder) },
    });
    const report = streamReporter(process.stderr);
    await conduct({ inputs, folder, isResumed: existsSync(folder), openLab, signal: stop.signal, report });
    const cells = await cellsIn(folder, inputs);
    // The first of the types.
    if (weights === 'float32') float32 = cells;
    else {
      for (const [key, cell] of cells) {
        const row = typeRow(weights, cell, float32.get(key)?.answers ?? new Map<string, Answer>());
        if (row !== null) rows.push(row);
      }
    }
  }
  return rows;
}
