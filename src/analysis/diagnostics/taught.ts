/**
 * @file Diagnostics of a student that is asked again, zero-shot, what it was trained on: does it repeat the wrong labels or
 * see through them, as training on noisy labels may (pseudo-label correction, arXiv 2010.03622)?
 */
import type { Value } from '../../metrics/metric.ts';
import { meanOf } from '../../metrics/metric.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { Evaluation, Prediction, Sample } from '../../words/events.ts';
import { SHARE, readerOf } from './diagnostic.ts';

export interface Taught {
  /** Of the round. */
  readonly samples: readonly Sample[];
  /** The student's answers to prompts among them. */
  readonly evaluation: Pick<Evaluation, 'predictions'>;
}

const diagnostic = readerOf<Taught>();

/** Share of the student's answers for which `isSo`, where the label that it was trained on was as right as said. */
const where =
  (wasRight: boolean, isSo: (now: Prediction, taught: Sample) => boolean) =>
  ({ samples, evaluation }: Taught): Value | null => {
    const labels = new Map(samples.map((sample) => [sample.id, sample]));
    return meanOf(
      evaluation.predictions.flatMap((now) => {
        const taught = labels.get(now.id);
        return taught?.isRight === wasRight ? [isSo(now, taught)] : [];
      }),
    );
  };

export const isRepeated = (now: Pick<Prediction, 'answer'>, taught: Pick<Sample, 'answer'>): boolean =>
  normaliseLabel(now.answer) === normaliseLabel(taught.answer);

export const OF_TAUGHT = [
  diagnostic(
    'wrong_labels_mended',
    { ...SHARE, better: 'higher' },
    'Share of the wrong self-labels trained on that the student itself answers right.',
    where(false, ({ isExact }) => isExact),
  ),
  diagnostic(
    'wrong_labels_repeated',
    { ...SHARE, better: 'lower' },
    'Share of the wrong self-labels trained on that the student itself answers again.',
    where(false, isRepeated),
  ),
  diagnostic(
    'right_labels_lost',
    { ...SHARE, better: 'lower' },
    'Share of the right self-labels trained on that the student itself answers wrong.',
    where(true, ({ isExact }) => !isExact),
  ),
] as const;
