/** @file Before any run: what the shipped experiments say of the question, in their own verdicts, and a seed of one's own to
 * set beside them. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useCallback, useMemo } from 'react';
import { evidenceFacts, evidenceRows, evidenceShape, evidenceWords } from '../../../analysis/evidence.ts';
import { plural } from '../../../core/plural.ts';
import { checked } from '../../../core/shape.ts';
import type { RecordedName } from '../../../words/recorded.ts';
import { RECORDED, RECORDED_NAMES } from '../../../words/recorded.ts';
import { OPENING_SETUP } from '../../../store/setup/setup.ts';
import { setupToHash } from '../../../store/setup/setup-url.ts';
import { drawEvidence, evidenceCsv, evidenceHeight } from '../../charts/evidence-plot.ts';
import { Picture } from '../../charts/picture.tsx';
import type { PlotLibrary } from '../../charts/plot-figure.tsx';
import { PlotFigure } from '../../charts/plot-figure.tsx';
import { Button } from '../../kit/button.tsx';
import { Fold } from '../../kit/fold.tsx';
import { NumberField } from '../../kit/number-field.tsx';
import { useActions, useLab } from '../../lab-context.ts';
import { goTo } from '../../go-to.ts';
import { runTitle } from '../../words/picture-facts.ts';
import { canBegin } from '../can-begin.ts';
import evidence from './evidence.json';
import './opening.css';

const EVIDENCE = checked(evidenceShape, evidence, 'evidence.json', 'internal');
const ROWS = evidenceRows(EVIDENCE);
const FACTS = evidenceFacts(EVIDENCE);
const LABEL = ROWS.map(({ name, verdict }) => `${name}: ${verdict}`).join('; ');
const IS_SEARCHED = EVIDENCE.lines.some(({ setting }) => setting === 'soft-one-shot');
/** docs/LOG.md, the search for a task that climbs. */
const SEARCHED =
  'soft-one-shot is what a search had found best, over six tasks in six settings on two models; it was claimed and run once, on a third.';
const MOST_SEED = 999_999;
/** What it looks like on models that nobody made for this page. */
const REAL = RECORDED_NAMES.filter((name) => RECORDED[name].model !== 'nano');

const AS_OPENED = setupToHash(OPENING_SETUP);

/** Of an address that names a setup: who follows one may take it for a run. */
function SetUp(): ReactNode {
  const { setup, hash } = useLab((state) => state.setup);
  if (hash === AS_OPENED) return null;
  const { taskId, model, seeds, arms } = setup;
  return (
    <p>
      Set up: <b>{runTitle({ taskId, model: model.name, seeds, arms })}</b>. Nothing of it is here until Run
      is pressed.
    </p>
  );
}

function Recordings({
  title,
  names,
}: {
  readonly title: string;
  readonly names: readonly RecordedName[];
}): ReactNode {
  const actions = useActions();
  return (
    <p className="opening-recorded">
      <span className="soft">{title}</span>
      {names.map((name) => (
        <Button key={name} look="quiet" onPress={() => void actions.playRecorded(name)}>
          {RECORDED[name].said.model}, {RECORDED[name].said.task}
        </Button>
      ))}
    </p>
  );
}

export function Opening(): ReactNode {
  const seed = useLab(({ setup }) => setup.setup.seeds[0] ?? 0);
  const isReady = useLab(canBegin);
  const actions = useActions();
  const { answer, found, beside, tasks } = useMemo(() => evidenceWords(EVIDENCE), []);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawEvidence(ROWS, plot, width, height),
    [],
  );
  return (
    <section className="opening" aria-labelledby="opening">
      <h2 id="opening">Does a better teacher make a better student? What is known so far</h2>
      <SetUp />
      <p>
        <b>{answer}</b>
      </p>
      {found.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p className="chart-note">
        SOFT minus its frozen teacher, by what the last student scores zero-shot. Behind each task stand its
        seeds.
      </p>
      <Picture
        title="SOFT minus its frozen teacher"
        subject="what the last student scores zero-shot"
        facts={FACTS}
        name="bootlace-evidence"
        figures={() => evidenceCsv(ROWS)}
        note={
          <p className="chart-note">
            A small dot is a seed, a large one the mean with its 95% interval over seeds, of real models over
            seeds and items. In colour: claimed before the runs, and shown. Grey rows are undecided, or nobody
            claimed them, wherever they lie.
          </p>
        }
      >
        <PlotFigure label={LABEL} height={evidenceHeight(ROWS)} draw={draw} />
      </Picture>
      <Fold title={`What else was tried: ${plural(tasks, 'task')} in all`}>
        <p className="chart-note">{[...beside, ...(IS_SEARCHED ? [SEARCHED] : [])].join(' ')}</p>
      </Fold>
      <p className="opening-recorded">
        <Button
          look="quiet"
          onPress={() => {
            goTo('experiments', 'words');
          }}
        >
          What happens here, in plain words
        </Button>
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
      <Recordings
        title="Play a run recorded on a model that nobody made for this page:"
        names={REAL.filter((name) => !RECORDED[name].isWithoutTexts)}
      />
      <Recordings
        title="Of such models on real data, without its texts, which are not ours to hand on:"
        names={REAL.filter((name) => RECORDED[name].isWithoutTexts)}
      />
    </section>
  );
}
