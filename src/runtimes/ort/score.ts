/**
 * @file Scoring and embedding over whole rows. Only the positions that predict completion
 * tokens reach the head, and only numbers per token leave the graph.
 */
import type { Score, ScoreRow } from '../../words/engine.ts';
import type { Tapped } from '../../models/tap.ts';
import { OUTPUT, tapName } from './names.ts';
import type { RowsOptions } from './rows.ts';
import { checkRow, inRuns, runRows } from './rows.ts';
import { scoreWork } from './score-work.ts';
import type { ModelSession } from './session.ts';
import { floatOutput } from './tensors.ts';

/** log p of each completion token after everything before it, with the entropy of the distribution it came from.
 * @throws LabError `invalid-request`, `context-overflow`, `cancelled`, `out-of-memory`, `device-lost` */
export async function score(
  session: ModelSession,
  rows: readonly ScoreRow[],
  options: RowsOptions = {},
): Promise<Score[]> {
  const scores = rows.map(() => ({ logprobs: [] as number[], entropies: [] as number[] }));
  await inRuns(session, scoreWork(session, rows), options, async (group, adapter) => {
    const asked = [OUTPUT.targetLogprob, OUTPUT.entropy];
    const outputs = await runRows(session, adapter, 'Scoring', group, {}, asked);
    const logprobs = await floatOutput(outputs, OUTPUT.targetLogprob);
    const entropies = await floatOutput(outputs, OUTPUT.entropy);
    // A row's positions come in their order, within a run and from run to run.
    for (const [i, { index }] of group.flatMap(({ wanted }) => wanted).entries()) {
      scores[index]?.logprobs.push(logprobs[i] ?? NaN);
      scores[index]?.entropies.push(entropies[i] ?? NaN);
    }
  });
  return scores;
}

/** The mean of each row's last hidden states, after the final norm: (hiddenSize) each.
 * @throws LabError as score() */
export async function embed(
  session: ModelSession,
  rows: readonly (readonly number[])[],
  options: RowsOptions = {},
): Promise<Float32Array[]> {
  const { hiddenSize } = session.architecture;
  const embeddings = rows.map(() => new Float32Array());
  const work = rows.map((ids, index) => {
    checkRow(session, ids, `Row ${index}`);
    return { index, ids, wanted: [] };
  });
  await inRuns(session, work, options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Embedding', group, { meanPool: true }, [OUTPUT.pooled]);
    const pooled = await floatOutput(outputs, OUTPUT.pooled);
    for (const [i, { index }] of group.entries()) {
      embeddings[index] = pooled.slice(i * hiddenSize, (i + 1) * hiddenSize);
    }
  });
  return embeddings;
}

/** All logits of each row: (length, vocabSize). For checks: nothing else asks for that much.
 * @throws LabError as score() */
export async function logits(
  session: ModelSession,
  rows: readonly (readonly number[])[],
  options: RowsOptions = {},
): Promise<Float32Array[]> {
  const { vocabSize } = session.architecture;
  const all = rows.map((ids) => new Float32Array(ids.length * vocabSize));
  const work = rows.map((ids, index) => {
    checkRow(session, ids, `Row ${index}`);
    return { index, ids, wanted: ids.map((_, token) => ({ index, token, target: 0 })) };
  });
  await inRuns(session, work, options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Computing logits', group, {}, [OUTPUT.logits]);
    const values = await floatOutput(outputs, OUTPUT.logits);
    let at = 0;
    for (const { index, wanted } of group) {
      const from = (wanted[0]?.token ?? 0) * vocabSize;
      all[index]?.set(values.subarray(at * vocabSize, (at + wanted.length) * vocabSize), from);
      at += wanted.length;
    }
  });
  return all;
}

/** Every value on the way of a session that is tapped, in order. @throws LabError as score() */
export async function activations(
  session: ModelSession,
  ids: readonly number[],
  options: RowsOptions = {},
): Promise<Tapped[]> {
  checkRow(session, ids, 'The row');
  const names = session.taps.map((_, i) => tapName(i));
  const found: Tapped[] = [];
  await inRuns(session, [{ index: 0, ids, wanted: [] }], options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Computing activations', group, {}, names);
    for (const [i, point] of session.taps.entries()) {
      found.push({ ...point, values: (await floatOutput(outputs, tapName(i))).slice() });
    }
  });
  return found;
}
