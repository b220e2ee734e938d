/** @file What of an experiment's run.json and results.jsonl the results page needs, read strictly. */
import type { Claim } from '../../src/core/experiment.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ResultRow } from '../../src/core/results.ts';
import { array, count, finite, nullable, object, text, word } from '../../src/protocol/shape.ts';
import { METRICS } from '../../src/core/metric-table.ts';

export interface Study {
  readonly title: string;
  readonly why: string;
  readonly question: string;
  readonly model: string;
  readonly sha256: string;
  readonly device: string;
  readonly seeds: readonly number[];
  readonly arms: readonly string[];
  readonly claims: readonly Claim[];
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const fields = (value: unknown): Fields => (isFields(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const claims = array(object<Claim>({ arm: text, against: text, tasks: array(text) }));

/** @throws LabError `invalid-request` where it is no run.json of an experiment. */
export function readStudy(value: unknown, folder: string): Study {
  const { title, why, question, config, devices } = fields(value);
  const own = fields(config);
  const device: unknown = Array.isArray(devices) ? fields(devices[0]).inference : null;
  if (!array(count).is(own.seeds) || !claims.is(own.claims)) {
    throw new LabError('invalid-request', `${folder}/run.json is not that of an experiment.`);
  }
  return {
    ...{ title: textOf(title), why: textOf(why), question: textOf(question) },
    ...{
      model: textOf(own.model),
      sha256: textOf(own.modelSha256),
      device: textOf(fields(device).description),
    },
    ...{ seeds: own.seeds, arms: Object.keys(fields(own.arms)), claims: own.claims },
  };
}

const isMetric = (value: unknown): value is ResultRow['metric'] =>
  typeof value === 'string' && Object.hasOwn(METRICS, value);
const rest = object({
  ...{ model: text, task: text, arm: text, method: text, seed: count, round: count, value: finite, n: count },
  split: word<ResultRow['split']>({ test: true, validation: true, probe: true, prompts: true }),
  mode: nullable(word<'zero-shot' | 'few-shot'>({ 'zero-shot': true, 'few-shot': true })),
  metric: text,
});
export const isResultRow = (value: unknown): value is ResultRow => rest.is(value) && isMetric(value.metric);
