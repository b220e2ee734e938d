/** @file Before any run: what the shipped experiments say of the question, in their own verdicts, and a seed of one's own to
 * set beside them. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useCallback, useMemo } from 'react';
import { asItIs, evidenceLines, evidenceWords, verdictOf } from '../../../analysis/evidence.ts';
import { checked } from '../../../core/shape.ts';
import { RECORDED, RECORDED_NAMES } from '../../../words/recorded.ts';
import { drawEvidence, evidenceHeight } from '../../charts/evidence-plot.ts';
import type { PlotLibrary } from '../../charts/plot-figure.tsx';
import { PlotFigure } from '../../charts/plot-figure.tsx';
import { Button } from '../../kit/button.tsx';
import { NumberField } from '../../kit/number-field.tsx';
import { useActions, useLab } from '../../lab-context.ts';
import { canBegin } from '../can-begin.ts';
import evidence from './evidence.json';
import './opening.css';

const LINES = checked(evidenceLines, evidence, 'evidence.json', 'internal');
const DRAWN = asItIs(LINES);
const IS_SEARCHED = LINES.some(({ setting }) => setting === 'soft-one-shot');
/** docs/LOG.md, the search for a task that climbs. */
const SEARCHED =
  'soft-one-shot is what a search had found best, over six tasks in six settings on two models; it was claimed and run once, on a third.';
const MOST_SEED = 999_999;
/** What it looks like on models that nobody made for this page. */
const REAL = RECORDED_NAMES.filter((name) => RECORDED[name].model !== 'nano');

export function Opening(): ReactNode {
  const seed = useLab(({ setup }) => setup.setup.seeds[0] ?? 0);
  const isReady = useLab(canBegin);
  const actions = useActions();
  const words = useMemo(() => evidenceWords(LINES), []);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawEvidence(DRAWN, plot, width, height),
    [],
  );
  const label = DRAWN.map((line) => `${line.task}, ${line.model}: ${verdictOf(line)}`).join('; ');
  return (
    <section className="opening" aria-labelledby="opening">
      <h2 id="opening">Does a better teacher make a better student? What is known so far</h2>
      {words.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {IS_SEARCHED && <p>{SEARCHED}</p>}
      <PlotFigure label={label} height={evidenceHeight(DRAWN)} draw={draw} />
      <p className="chart-note">
        What the last student scores zero-shot, SOFT minus its frozen teacher. A small dot is a seed, a large
        one the mean with its 95% interval over seeds; in colour what is shown. Behind each task stand its
        seeds.
      </p>
      <div className="opening-run">
        <NumberField
          label="Your seed"
          value={seed}
          {...{ min: 0, max: MOST_SEED, isWhole: true }}
          onChange={(next) => {
            actions.setSeeds([next]);
          }}
        />
        <Button
          isDisabled={!isReady}
          onPress={() => {
            actions.run();
          }}
        >
          Begin with this seed
        </Button>
      </div>
      <p className="opening-recorded">
        <span className="soft">Play a run recorded on a model that nobody made for this page:</span>
        {REAL.map((name) => (
          <Button key={name} look="quiet" onPress={() => void actions.playRecorded(name)}>
            {RECORDED[name].said.model}, {RECORDED[name].said.task}
          </Button>
        ))}
      </p>
    </section>
  );
}
