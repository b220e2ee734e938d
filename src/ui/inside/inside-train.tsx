/** @file Inside training: the loss by step with the learning rate beneath it. */
import type { ReactNode } from 'react';
import { useCallback, useMemo } from 'react';
import { formatCount, formatLoss, formatRate } from '../../core/figures.ts';
import type { TrainStep } from '../../words/engine.ts';
import type { Answerer } from '../../store/questions/ask-state.ts';
import { csv } from '../charts/download.ts';
import type { PictureOf } from '../charts/picture.tsx';
import { Picture } from '../charts/picture.tsx';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import type { Focus } from '../run/focus.ts';
import { AdapterHealth } from '../kit/adapter-health.tsx';
import { Facts } from '../kit/facts.tsx';
import { useLab } from '../lab-context.ts';
import { thinned } from '../words/excerpt.ts';

const TIP = { fill: 'var(--card)', stroke: 'var(--line-strong)' } as const;

/** More than the drawing has pixels. */
const MOST_POINTS = 1500;

const stepPlot =
  (curve: readonly TrainStep[], field: 'loss' | 'learningRate', label: string) =>
  (plot: PlotLibrary, width: number, height: number): Element =>
    plot.plot({
      width,
      height,
      marginLeft: 48,
      marginTop: 20,
      marginBottom: 28,
      style: { fontSize: '11px' },
      x: {
        label: 'step',
        labelArrow: 'none',
        domain: [1, Math.max(2, curve[0]?.maxSteps ?? 2)],
        ticks: 4,
        tickFormat: 'd',
      },
      y: {
        label,
        labelArrow: 'none',
        zero: true,
        ticks: 3,
        grid: true,
        tickSize: 0,
        ...(field === 'loss' ? {} : { tickFormat: '~g' }),
      },
      marks: [
        plot.lineY(curve, { x: 'step', y: field, stroke: 'var(--ink)', strokeWidth: 1.8 }),
        plot.tip(
          curve,
          plot.pointerX({
            x: 'step',
            y: field,
            ...TIP,
            title: (step: TrainStep) =>
              `step ${step.step}\nloss ${formatLoss(step.loss)}\nrate ${formatRate(step.learningRate)}\n‖g‖ ${formatLoss(step.gradNorm)}`,
          }),
        ),
      ],
    });

const COLUMNS = ['step', 'loss', 'learning_rate', 'grad_norm', 'tokens'] as const;

const asCsv = (curve: readonly TrainStep[]): string =>
  csv(
    COLUMNS,
    curve.map(({ step, loss, learningRate, gradNorm, tokens }) => ({
      ...{ step, loss, learning_rate: learningRate, grad_norm: gradNorm, tokens },
    })),
  );

interface InsideTrainProps {
  readonly focus: Focus;
  readonly of: PictureOf;
}

export function InsideTrain({ focus, of }: InsideTrainProps): ReactNode {
  const rate = useLab((state) => state.run?.model.learningRate);
  const { cell, round, isNow } = focus;
  const { knobs } = cell.arm;
  // The round is told of its training when that has ended.
  const isLive = isNow && cell.live.curve.length > 0;
  const curve = isLive ? cell.live.curve : round.curve;
  // A loss that overflowed has no place on an axis; the figures beneath name it.
  const drawn = useMemo(
    () =>
      thinned(
        curve.filter(({ loss }) => Number.isFinite(loss)),
        MOST_POINTS,
      ),
    [curve],
  );
  const drawLoss = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      stepPlot(drawn, 'loss', 'loss, nats a token')(plot, width, height),
    [drawn],
  );
  const drawRate = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      stepPlot(drawn, 'learningRate', 'learning rate')(plot, width, height),
    [drawn],
  );
  const answerer = useMemo(
    (): Answerer => ({ kind: 'round', cell: cell.key, round: round.round }),
    [cell.key, round.round],
  );
  const last = curve.at(-1);
  if (last === undefined) {
    return (
      <p className="faint">
        {round.round === 0
          ? 'The base is not trained: look at round 1.'
          : 'Training of this round has not begun.'}
      </p>
    );
  }
  return (
    <>
      <p className="soft">
        LoRA on prompt ({knobs.template}) and self-label; only the self-label’s tokens count in the loss.
        Starts from {knobs.start === 'base' ? 'the base' : 'the round before'}.
      </p>
      <Picture
        title="Training"
        subject="loss and learning rate by step"
        facts={of.facts}
        name={`${of.name}-training`}
        figures={() => asCsv(curve)}
      >
        <PlotFigure
          label={`Training loss, ${formatLoss(last.loss)} at step ${last.step}`}
          height={170}
          draw={drawLoss}
        />
        <PlotFigure
          label={`Learning rate, ${formatRate(last.learningRate)} at step ${last.step}`}
          height={110}
          draw={drawRate}
        />
      </Picture>
      <Facts
        facts={[
          { name: 'examples', value: String(isLive ? (cell.activity?.examples ?? 0) : round.examples) },
          { name: 'steps', value: `${last.step} of ${last.maxSteps}` },
          { name: 'tokens', value: formatCount(curve.reduce((sum, { tokens }) => sum + tokens, 0)) },
          ...(knobs.learningRate === 'auto' && rate !== undefined
            ? [{ name: 'learning rate', value: `${rate} (auto)` }]
            : []),
          { name: 'LoRA', value: `r ${knobs.r}, alpha ${knobs.loraAlpha}, ${knobs.targetModules}` },
        ]}
      />
      {round.adapter !== null && (
        <>
          <h3>The adapter that came out</h3>
          <AdapterHealth answerer={answerer} />
        </>
      )}
    </>
  );
}
