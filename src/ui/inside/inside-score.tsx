/** @file Inside scoring: which label was taken for which, one item as the model saw it, the figures of a round. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Evaluation, Mode } from '../../words/events.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import { NO_SHOTS, saidMode } from '../../method/room.ts';
import { summarise } from '../../metrics/summarise.ts';
import type { Task } from '../../words/task.ts';
import { rowsOf, sameEvaluation } from '../../analysis/watch.ts';
import { csv } from '../charts/download.ts';
import type { PictureOf } from '../charts/picture.tsx';
import { Picture } from '../charts/picture.tsx';
import { Facts } from '../kit/facts.tsx';
import { Segments } from '../kit/segments.tsx';
import type { Focus } from '../run/focus.ts';
import { metricTitle } from '../../analysis/metrics.ts';
import { MODES } from '../words/metrics.ts';
import { excerpt } from '../words/excerpt.ts';
import { formatScore } from '../../core/figures.ts';
import { InsidePrediction } from './inside-prediction.tsx';
import { LiveAnswers } from './live-answer.tsx';

const OTHER = 'other';
/** A larger matrix has more cells than anybody reads, and than a page draws. */
const MOST_LABELS = 40;

interface Confusion {
  readonly labels: readonly string[];
  /** [key][answer], the last answer being anything that is no label. */
  readonly counts: readonly (readonly number[])[];
}

function confusionOf(task: Task, { split, predictions }: Evaluation): Confusion | null {
  const { labels } = task.definition;
  if (labels.length === 0 || labels.length > MOST_LABELS) return null;
  const names = labels.map(normaliseLabel);
  const rows = rowsOf(task, split);
  const counts = labels.map(() => new Array<number>(labels.length + 1).fill(0));
  for (const { id, answer } of predictions) {
    const key = names.indexOf(normaliseLabel(rows.get(id)?.output ?? ''));
    const said = names.indexOf(normaliseLabel(answer));
    const line = counts[key];
    const at = said < 0 ? labels.length : said;
    if (line !== undefined) line[at] = (line[at] ?? 0) + 1;
  }
  return { labels, counts };
}

function ConfusionTable({ confusion: { labels, counts } }: { readonly confusion: Confusion }): ReactNode {
  const most = Math.max(1, ...counts.flat());
  return (
    <div className="confusion-scroll" tabIndex={0} role="region" aria-label="Confusion matrix">
      <table className="confusion">
        <caption>Key (rows) and answer (columns)</caption>
        <thead>
          <tr>
            <td />
            {[...labels, OTHER].map((label) => (
              <th key={label} scope="col">
                <span>{excerpt(label)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, key) => (
            <tr key={label}>
              <th scope="row">{excerpt(label)}</th>
              {(counts[key] ?? []).map((count, answer) => (
                <td
                  key={answer}
                  className={answer === key ? 'is-right' : ''}
                  style={{
                    background: `color-mix(in srgb, var(--ink) ${Math.round((28 * count) / most)}%, var(--card))`,
                  }}
                >
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const asCsv = ({ labels, counts }: Confusion): string =>
  csv(
    ['key', 'answer', 'items'],
    labels.flatMap((key, row) =>
      [...labels, OTHER].map((answer, column) => ({ key, answer, items: counts[row]?.[column] ?? 0 })),
    ),
  );

/** Nothing is known of the score before all have come. */
function BeingScored({ task, focus, mode }: PanelProps & { readonly mode: Mode }): ReactNode {
  const { activity, live } = focus.cell;
  if (!focus.isNow || activity?.phase !== 'evaluate' || live.answers.length + live.writing.size === 0)
    return <p className="faint">This round has not been scored {mode} yet.</p>;
  return (
    <>
      <p className="soft">
        Answers as they come, {activity.detail}. ✓ and ✗ are for you: the model sees no key.
      </p>
      <LiveAnswers task={task} live={live} phase="evaluate" />
    </>
  );
}

interface PanelProps {
  readonly task: Task;
  readonly focus: Focus;
}

export function InsideScore({ task, focus, of }: PanelProps & { readonly of: PictureOf }): ReactNode {
  const [mode, setMode] = useState<Mode>('zero-shot');
  const evaluation = sameEvaluation(focus.round, { split: 'test', mode });
  const figures =
    evaluation === undefined ? [] : summarise(task.definition, rowsOf(task, 'test'), evaluation);
  const confusion = evaluation === undefined ? null : confusionOf(task, evaluation);
  return (
    <>
      <Segments label="Mode" value={mode} options={MODES} onChange={setMode} />
      {evaluation === undefined ? (
        <BeingScored task={task} focus={focus} mode={mode} />
      ) : (
        <>
          <p className="soft">
            {evaluation.predictions.length} test items that no arm trains on, answered freely and greedily.
            {saidMode(mode, evaluation.shots) === NO_SHOTS && ` Asked few-shot, yet ${NO_SHOTS}.`}
          </p>
          {confusion !== null && (
            <Picture
              title="Key and answer"
              subject={`test items, ${mode}`}
              facts={of.facts}
              name={`${of.name}-answers-${mode}`}
              figures={() => asCsv(confusion)}
              note={<p className="chart-note">Darker: more items. Framed: the answer is the key.</p>}
            >
              <ConfusionTable confusion={confusion} />
            </Picture>
          )}
          {task.definition.labels.length > MOST_LABELS && (
            <p className="faint">
              {task.definition.labels.length} labels: a confusion matrix is drawn of at most {MOST_LABELS}.
            </p>
          )}
          <InsidePrediction key={mode} task={task} cell={focus.cell} evaluation={evaluation} />
          <Facts
            facts={figures.map(({ metric, value, n }) => ({
              name: metricTitle(metric),
              value: (
                <>
                  {formatScore(value)} <span className="faint">of {n}</span>
                </>
              ),
            }))}
          />
        </>
      )}
    </>
  );
}
