/** @file Compare: the past runs, any of them laid over each other, and the paired difference of two. */
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { plural } from '../../core/plural.ts';
import { useMedia } from '../kit/use-media.ts';
import { GoToRun, ViewEmpty } from '../kit/view-empty.tsx';
import { useLab } from '../lab-context.ts';
import type { Measure } from '../words/metrics.ts';
import { DamagedRuns } from './damaged-runs.tsx';
import { DifferencePanel } from './difference-panel.tsx';
import { ImportBox } from './import-box.tsx';
import { OverlayChart } from './overlay-chart.tsx';
import { letterOf, linesOf, upToDate } from './overlay-lines.ts';
import { RunsTable } from './runs-table.tsx';
import './compare.css';

const NARROW = '(width < 860px)';

function Empty(): ReactNode {
  return (
    <ViewEmpty title="Your runs will stand here">
      <p>
        Every run is kept in this browser with its samples, scores and adapters, under a name that says what
        was changed since the run before. Tick two or more to lay their curves over each other and to see
        whether their difference is more than chance.
      </p>
      <GoToRun />
      <DamagedRuns />
      <ImportBox />
    </ViewEmpty>
  );
}

function Overlay(): ReactNode {
  const overlays = useLab((state) => state.overlays);
  const current = useLab((state) => state.run);
  const [chosen, setChosen] = useState<Measure | null>(null);
  const [isFirstOnly, setIsFirstOnly] = useState<boolean | null>(null);
  const runs = useMemo(
    () => upToDate(overlays, current).map((run, i) => ({ letter: letterOf(i), run })),
    [overlays, current],
  );
  const measure = useMemo(
    (): Measure =>
      chosen ?? { metric: runs[0]?.run.task.definition.metric ?? 'exact_match', mode: 'zero-shot' },
    [chosen, runs],
  );
  // One run alone is compared with its own controls.
  const isShort = isFirstOnly ?? runs.length > 1;
  const all = useMemo(() => linesOf(runs, measure, false), [runs, measure]);
  const lines = useMemo(() => (isShort ? linesOf(runs, measure, true) : all), [runs, measure, isShort, all]);
  if (runs.length === 0)
    return (
      <p className="compare-hint soft">
        Tick runs to draw them here: one to compare its own arms, two or more to lay them over each other.
      </p>
    );
  return (
    <div className="compare-figures">
      <OverlayChart
        {...{ runs, lines, measure, isFirstOnly: isShort }}
        onMeasure={setChosen}
        onFirstOnly={setIsFirstOnly}
      />
      <DifferencePanel lines={all} measure={measure} />
    </div>
  );
}

export function CompareView(): ReactNode {
  const cards = useLab((state) => state.runs);
  const overlays = useLab((state) => state.overlays);
  const storage = useLab((state) => state.storage);
  const isNarrow = useMedia(NARROW);
  if (cards.length === 0) return <Empty />;
  const letters = new Map(overlays.map(({ id }, i) => [id, letterOf(i)]));
  return (
    <div className="compare-view">
      <section className="past-runs" aria-labelledby="past-runs">
        <header>
          <h2 id="past-runs">Past runs</h2>
          <p className="soft">{plural(cards.length, 'run')}, newest first</p>
        </header>
        {!storage.isAvailable && (
          <p className="soft">
            They are gone when this page is closed: {storage.why} Export what you want to keep.
          </p>
        )}
        <div className="runs-scroll framed">
          <RunsTable cards={cards} letters={letters} isNarrow={isNarrow} />
        </div>
      </section>
      <DamagedRuns />
      <Overlay />
      <ImportBox />
    </div>
  );
}
