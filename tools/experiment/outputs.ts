/**
 * @file What people read of an experiment, all derived from its stored events: results, predictions, samples and the
 * texts that were trained on. Written anew at the start, then added to after each finished run, in the runs' order.
 */
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LastingEvent } from '../../src/core/events.ts';
import type { ExperimentRun } from '../../src/core/experiment.ts';
import { hasKey } from '../../src/core/metrics.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { ResultRow } from '../../src/core/results.ts';
import { compareRows, tidyRows } from '../../src/core/results.ts';
import { saidMode } from '../../src/core/room.ts';
import type { RunState } from '../../src/core/state.ts';
import { foldEvents } from '../../src/core/state.ts';
import type { TaskRow } from '../../src/core/task.ts';
import { completionText, promptText } from '../../src/core/task.ts';
import { writeFolder, writeWhole } from './durable.ts';
import type { TrainedRounds } from './lab-page.ts';
import { runPath } from './run-store.ts';

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const headOf = ({ task, arm, seed }: Plan) => ({
  ...{ task: task.definition.id, arm: arm.name, method: arm.method, seed },
});

/** One row per answered item: was it right (null: no key), and each label's or choice's log-probability. */
function predictionRows(plan: Plan, { rounds }: RunState): readonly unknown[] {
  const { splits, definition } = plan.task;
  return rounds.flatMap(({ round, evaluations }) =>
    evaluations.flatMap(({ split, mode: asked, shots, predictions }) => {
      const mode = saidMode(asked, shots);
      const rows = new Map(splits[split].map((row) => [row.id, row]));
      const named = (row: TaskRow | undefined, values: readonly number[]) => {
        const names = row?.choices?.map(({ text }) => text) ?? definition.labels;
        return names.map((label, i) => ({ label, logprob: values[i] ?? null }));
      };
      return predictions.map(({ id, answer, isFinished, isExact, labelLogprobs }) => {
        const row = rows.get(id);
        return {
          ...{ ...headOf(plan), round, split, mode, item: id, answer, finished: isFinished },
          correct: row !== undefined && hasKey(row) ? isExact : null,
          label_logprobs: labelLogprobs === undefined ? null : named(row, labelLogprobs),
        };
      });
    }),
  );
}

/** One row per self-label, its prompt as the teacher read it. */
function sampleRows(plan: Plan, { rounds }: RunState): readonly unknown[] {
  const { definition, splits } = plan.task;
  const pool = new Map(splits.pool.map((row) => [row.id, row]));
  const shot = (id: string) => {
    const row = pool.get(id);
    return row === undefined
      ? ''
      : promptText(definition, row.input) + completionText(definition, row.output);
  };
  return rounds.flatMap(({ round, samples }) =>
    samples.map((sample) => ({
      ...{ ...headOf(plan), round, id: sample.id, input: sample.input },
      prompt:
        plan.arm.knobs.preamble +
        sample.demonstrations.map(shot).join('') +
        promptText(definition, sample.input),
      ...{ demonstrations: sample.demonstrations, self_label: sample.answer, said: sample.said ?? null },
      ...{ token_ids: sample.ids, logprobs: sample.logprobs, perplexity: sample.perplexity },
      ...{ finish_reason: sample.finishReason, verdict: sample.verdict },
      ...{ key: sample.key === '' ? null : sample.key, correct: sample.isRight },
    })),
  );
}

const sftFolder = (folder: string, run: ExperimentRun): string => join(folder, 'sft', runPath(run));

/** Whether the trained texts were written, which is the last that a finished run leaves. */
export const hasTexts = (folder: string, run: ExperimentRun): boolean => existsSync(sftFolder(folder, run));

export const writeTexts = (folder: string, run: ExperimentRun, rounds: TrainedRounds): Promise<void> =>
  writeFolder(
    sftFolder(folder, run),
    new Map(rounds.map(({ round, texts }) => [`${round}.jsonl`, lines(texts)])),
  );

export class Outputs {
  readonly #folder: string;
  readonly #model: string;
  readonly #predictions: FileHandle;
  readonly #samples: FileHandle;
  readonly #rows: ResultRow[] = [];

  private constructor(folder: string, model: string, predictions: FileHandle, samples: FileHandle) {
    this.#folder = folder;
    this.#model = model;
    this.#predictions = predictions;
    this.#samples = samples;
  }

  static async open(folder: string, model: string): Promise<Outputs> {
    await mkdir(folder, { recursive: true });
    const fresh = (name: string) => open(join(folder, name), 'w');
    return new Outputs(folder, model, await fresh('predictions.jsonl'), await fresh('samples.jsonl'));
  }

  /** Of all finished runs so far. */
  get rows(): readonly ResultRow[] {
    return this.#rows;
  }

  /** Adds a finished run. */
  async add(plan: Plan, events: readonly LastingEvent[]): Promise<void> {
    const state = foldEvents(events);
    this.#rows.push(...tidyRows(this.#model, plan, state));
    await this.#predictions.appendFile(lines(predictionRows(plan, state)));
    await this.#samples.appendFile(lines(sampleRows(plan, state)));
  }

  async writeResults(): Promise<void> {
    this.#rows.sort(compareRows);
    await writeWhole(join(this.#folder, 'results.jsonl'), lines(this.#rows));
  }

  async close(): Promise<void> {
    await this.#predictions.close();
    await this.#samples.close();
  }
}
