/**
 * @file How much oftener SOFT's labels are right than its frozen counterpart's, in the last round: the teachers are then the
 * student before it and the base, and they label the same prompts with the same demonstrations. It costs no answer beyond
 * the runs' own, where the probe does.
 */
import type { Arm } from '../../src/words/plan.ts';
import { KNOBS, isKnobName } from '../../src/words/knobs.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { armsOf } from './arms-of.ts';

export interface LabelGains {
  readonly task: string;
  readonly soft: Arm;
  /** By seed. */
  readonly gains: readonly number[];
}

/** What decides a run's labels: evaluations do not. */
const setup = ({ knobs }: Arm): string =>
  JSON.stringify(
    Object.entries(knobs).filter(([name]) => !isKnobName(name) || KNOBS[name].group !== 'evaluation'),
  );

export function labelGains(manifest: Manifest, rows: readonly ResultRow[]): readonly LabelGains[] {
  const right = new Map(
    rows
      .filter(({ metric }) => metric === 'self_label_accuracy')
      .map(({ task, arm, seed, round, value }) => [JSON.stringify([task, arm, seed, round]), value]),
  );
  const arms = armsOf(manifest);
  return arms
    .filter(({ method }) => method === 'soft')
    .flatMap((soft) => {
      const frozen = arms.find((one) => one.method === 'frozen-teacher' && setup(one) === setup(soft));
      if (frozen === undefined) return [];
      return Object.keys(manifest.config.tasks).map((task) => ({
        ...{ task, soft },
        gains: manifest.config.seeds.flatMap((seed) => {
          const of = ({ name }: Arm) => right.get(JSON.stringify([task, name, seed, soft.knobs.rounds]));
          const [own, others] = [of(soft), of(frozen)];
          return own === undefined || others === undefined ? [] : [own - others];
        }),
      }));
    })
    .filter(({ gains }) => gains.length > 0);
}
