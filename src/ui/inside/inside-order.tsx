/** @file Inside the order: the prompts as a strip from easy to hard, cut into the rounds' parts where SOFT+ cuts it. */
import type { ReactNode } from 'react';
import { useCallback } from 'react';
import { csv } from '../charts/download.ts';
import type { PictureOf } from '../charts/picture.tsx';
import { Picture } from '../charts/picture.tsx';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import type { RoundState, RunState } from '../../method/state.ts';
import type { Task } from '../../words/task.ts';
import type { Focus } from '../run/focus.ts';
import { excerpt, highest, thinned } from '../words/excerpt.ts';
import { formatPerplexity } from '../words/numbers.ts';
import { LiveAnswers } from './live-answer.tsx';

interface Placed {
  readonly id: string;
  readonly input: string;
  readonly answer: string;
  readonly perplexity: number;
  readonly tokens: number;
}

interface Bar extends Placed {
  /** Its place in the whole order. */
  readonly at: number;
}

/** More than the strip has pixels. */
const MOST_BARS = 1000;

const HEIGHT = 165;
const COLUMNS = ['place', 'id', 'input', 'answer', 'perplexity', 'tokens'] as const;

const WORDS = { random: 'as drawn', 'easy-first': 'easy first', 'hard-first': 'hard first' } as const;

function placedOf(state: RunState, round: RoundState): readonly Placed[] {
  const inputs = new Map(
    state.rounds.flatMap(({ samples }) => samples.map(({ id, input }) => [id, input] as const)),
  );
  const ranking = state.ranking ?? [];
  const all =
    ranking.length > 0
      ? ranking.map((ranked) => ({ ...ranked, input: inputs.get(ranked.id) ?? ranked.id }))
      : round.samples.flatMap(({ id, input, answer, perplexity, ids }) =>
          perplexity === null ? [] : [{ id, input, answer, perplexity, tokens: ids.length }],
        );
  // What overflowed is hardest.
  const rank = ({ perplexity }: Placed) =>
    Number.isNaN(perplexity) ? Number.MAX_VALUE : Math.min(Number.MAX_VALUE, perplexity);
  return all.toSorted((a, b) => rank(a) - rank(b));
}

function Example({ title, item }: { readonly title: string; readonly item: Placed | undefined }): ReactNode {
  if (item === undefined) return null;
  return (
    <div className="answer-box">
      <p className="field-label">{title}</p>
      <p>{item.input}</p>
      <p className="soft">
        <b>{item.answer === '' ? '(empty)' : item.answer}</b>, perplexity {formatPerplexity(item.perplexity)},{' '}
        {item.tokens} tokens
      </p>
    </div>
  );
}

interface InsideOrderProps {
  readonly task: Task;
  readonly focus: Focus;
  readonly of: PictureOf;
}

export function InsideOrder({ task, focus, of }: InsideOrderProps): ReactNode {
  const { state, arm } = focus.cell;
  const { acrossRounds, withinRound, rounds, promptsPerRound } = arm.knobs;
  const { round } = focus;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => {
      const all = placedOf(state, round).map((item, at) => ({ ...item, at }));
      const placed = thinned(all, MOST_BARS);
      const wide = Math.max(1, all.length / Math.max(1, placed.length));
      const isCut = state.ranking !== null && acrossRounds !== 'random';
      return plot.plot({
        width,
        height,
        marginLeft: 34,
        marginTop: 16,
        marginBottom: isCut ? 38 : 22,
        style: { fontSize: '11px' },
        x: {
          ...{ ticks: [], label: 'prompts, easy to hard', labelAnchor: 'center', labelArrow: 'none' },
          labelOffset: isCut ? 34 : 18,
        },
        y: {
          type: 'log',
          label: 'perplexity',
          labelArrow: 'none',
          ticks: 3,
          tickFormat: '~s',
          domain: [
            1,
            highest(
              placed.map(({ perplexity }) => Math.min(1e4, perplexity)),
              3,
            ),
          ],
          clamp: true,
        },
        marks: [
          plot.rectY(placed, {
            x1: ({ at }: Bar) => at,
            x2: ({ at }: Bar) => at + wide,
            y1: 1,
            // One that overflowed is as high as the axis.
            y2: ({ perplexity }: Bar) => (Number.isFinite(perplexity) ? Math.max(1.01, perplexity) : 1e4),
            fill: 'var(--perplexity)',
            insetRight: placed.length > 90 ? 0 : 0.5,
            title: ({ input, answer, perplexity }: Bar) =>
              `${excerpt(input)}\n${excerpt(answer)}, perplexity ${formatPerplexity(perplexity)}`,
            tip: { fill: 'var(--card)', stroke: 'var(--line-strong)' },
          }),
          ...(isCut
            ? [
                plot.ruleX(
                  Array.from({ length: rounds - 1 }, (_, i) => (i + 1) * promptsPerRound),
                  { stroke: 'var(--ink)', strokeDasharray: '3 2' },
                ),
                plot.text(
                  Array.from({ length: rounds }, (_, i) => i),
                  {
                    x: (i: number) => (i + 0.5) * promptsPerRound,
                    text: (i: number) => `round ${acrossRounds === 'easy-first' ? i + 1 : rounds - i}`,
                    frameAnchor: 'bottom',
                    dy: 16,
                    fill: 'var(--ink-soft)',
                  },
                ),
              ]
            : []),
        ],
      });
    },
    [state, round, acrossRounds, rounds, promptsPerRound],
  );
  const placed = placedOf(state, round);
  const { activity, live } = focus.cell;
  if (focus.isNow && activity?.phase === 'rank' && live.answers.length + live.writing.size > 0)
    return (
      <>
        <p className="soft">
          The base answers every prompt once; how sure it is of its answer ranks them. ✓ and ✗ are for you.
        </p>
        <LiveAnswers task={task} live={live} phase="rank" />
      </>
    );
  if (placed.length === 0 && focus.isNow && activity?.phase === 'label')
    return (
      <>
        <p className="soft">Being labelled: the order is made of these answers, when the last has come.</p>
        <LiveAnswers task={task} live={live} phase="label" />
      </>
    );
  if (placed.length === 0) return <p className="faint">Nothing has been ranked or labelled yet.</p>;
  return (
    <>
      <Picture
        title="Prompts from easy to hard"
        subject={state.ranking === null ? 'by the teacher’s perplexity' : 'by the base’s perplexity'}
        facts={of.facts}
        name={`${of.name}-order`}
        figures={() =>
          csv(
            COLUMNS,
            placed.map((item, i) => ({ place: i + 1, ...item })),
          )
        }
      >
        <p className="soft">
          {state.ranking === null
            ? 'This round’s answers by the teacher’s own perplexity, easy to hard.'
            : 'All prompts by the base’s perplexity of its own answers, easy to hard.'}{' '}
          Across rounds: <b>{WORDS[acrossRounds]}</b>. Within a round: <b>{WORDS[withinRound]}</b>.
        </p>
        <PlotFigure
          label={`Strip of ${placed.length} prompts from easy to hard`}
          height={HEIGHT}
          draw={draw}
        />
      </Picture>
      <Example title="Easiest" item={placed[0]} />
      <Example title="Hardest" item={placed.at(-1)} />
      <p className="field-note">Perplexity also follows length: longer answers tend to differ in it.</p>
    </>
  );
}
