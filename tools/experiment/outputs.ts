/**
 * @file What people read of an experiment, all derived from its stored events: results, predictions, samples and the
 * texts that were trained on. Derived anew at the start, then added to after each finished run, in the runs' order.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LastingEvent, Sample } from '../../src/words/events.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import { hasKey } from '../../src/metrics/item.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { compareRows, tidyRows } from '../../src/analysis/results.ts';
import { promptInWords, wholeText } from '../../src/method/prompt-text.ts';
import { saidMode } from '../../src/method/room.ts';
import type { RunState } from '../../src/method/state.ts';
import { foldEvents } from '../../src/method/state.ts';
import type { TaskRow } from '../../src/words/task.ts';
import type { Pieces } from './durable.ts';
import { Derived, writeFolder, writeWhole } from './durable.ts';
import type { TrainedRounds } from './lab-page.ts';
import { runPath } from './run-store.ts';

const PIECE_CHARACTERS = 1 << 20;

/** JSON lines in pieces: all of a large experiment are longer than a string can be. */
function* lines(rows: readonly unknown[]): Pieces {
  let piece = '';
  for (const row of rows) {
    piece += `${JSON.stringify(row)}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

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

/** One row per self-label, its prompt as the teacher read it: a text, or the turns that the model's chat template writes. */
function sampleRows(plan: Plan, { rounds }: RunState): readonly unknown[] {
  const promptOf = ({ input, demonstrations }: Sample) => {
    const { parts, messages } = promptInWords(plan.task, input, demonstrations, plan.arm.knobs);
    return messages ?? wholeText(parts);
  };
  return rounds.flatMap(({ round, samples }) =>
    samples.map((sample) => ({
      ...{ ...headOf(plan), round, id: sample.id, input: sample.input },
      prompt: promptOf(sample),
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
  readonly #predictions: Derived;
  readonly #samples: Derived;
  readonly #rows: ResultRow[] = [];

  private constructor(folder: string, model: string, predictions: Derived, samples: Derived) {
    this.#folder = folder;
    this.#model = model;
    this.#predictions = predictions;
    this.#samples = samples;
  }

  static async open(folder: string, model: string): Promise<Outputs> {
    const predictions = await Derived.open(join(folder, 'predictions.jsonl'));
    try {
      return new Outputs(folder, model, predictions, await Derived.open(join(folder, 'samples.jsonl')));
    } catch (thrown) {
      await predictions.close().catch(() => undefined);
      throw thrown;
    }
  }

  /** Of all finished runs so far. */
  get rows(): readonly ResultRow[] {
    return this.#rows;
  }

  /** Adds a finished run. */
  async add(plan: Plan, events: readonly LastingEvent[]): Promise<void> {
    const state = foldEvents(events);
    for (const row of tidyRows(this.#model, plan, state)) this.#rows.push(row);
    await this.#predictions.add(lines(predictionRows(plan, state)));
    await this.#samples.add(lines(sampleRows(plan, state)));
  }

  async writeResults(): Promise<void> {
    this.#rows.sort(compareRows);
    await writeWhole(join(this.#folder, 'results.jsonl'), lines(this.#rows));
  }

  /** All runs were added. */
  async end(): Promise<void> {
    await this.#predictions.end();
    await this.#samples.end();
  }

  async close(): Promise<void> {
    await this.#predictions.close();
    await this.#samples.close();
  }
}
