/**
 * @file Every view drawn to text, without a browser: whether a state can be drawn at all. Effects do not run, so what Plot
 * draws is not in it (test/browser/hostile.test.ts has that).
 */
import type { ComponentType } from 'react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { createStore } from 'zustand/vanilla';
import { MODES } from '../../src/words/events.ts';
import { diagnose } from '../../src/analysis/diagnose.ts';
import type { Bootlace, LabModel } from '../../src/store/lab-model.ts';
import { CompareView } from '../../src/ui/compare/compare-view.tsx';
import { DataView } from '../../src/ui/data/data-view.tsx';
import { FollowView } from '../../src/ui/follow/follow-view.tsx';
import { Inside } from '../../src/ui/inside/inside.tsx';
import type { PageTools } from '../../src/ui/lab-context.ts';
import { ToolsProvider } from '../../src/ui/lab-context.ts';
import { PlaygroundView } from '../../src/ui/playground/playground-view.tsx';
import { FOLLOW, STATIONS, focusOn } from '../../src/ui/run/focus.ts';
import { RunView } from '../../src/ui/run/run-view.tsx';
import { StaircasePanel } from '../../src/ui/run/staircase/staircase-panel.tsx';
import { orderOf, wallsOf } from '../../src/ui/run/wall/wall-data.ts';
import { WallPanel } from '../../src/ui/run/wall/wall-panel.tsx';
import { rowsOf, scalesOf, setsOf } from '../../src/ui/samples/sample-rows.ts';
import { SampleDetail } from '../../src/ui/samples/sample-detail.tsx';
import { SamplesView } from '../../src/ui/samples/samples-view.tsx';
import { Announcer, StatusLine } from '../../src/ui/shell/status-line.tsx';

const never = () => new Promise<never>(() => undefined);
const nothing = () => undefined;

const VIEWS: readonly ComponentType[] = [
  ...[RunView, SamplesView, FollowView, PlaygroundView, CompareView, DataView, StatusLine, Announcer],
];

export function toolsOf(state: LabModel, actions: Bootlace['actions']): PageTools {
  return {
    // On a server a store shows the state that it began with.
    lab: { store: createStore(() => state), actions },
    decodeUpTo: never,
    readReference: never,
    readMap: never,
    data: {
      previewImport: never,
      readTask: never,
      readExperiments: never,
      readModelCard: never,
      readGuide: never,
    },
  };
}

/** The text of all views; throws what a view throws. */
export function drawViews(state: LabModel, actions: Bootlace['actions']): string {
  const tools = toolsOf(state, actions);
  const draw = <P extends object>(view: ComponentType<P>, props: P): string =>
    renderToString(createElement(ToolsProvider, { value: tools }, createElement(view, props)));
  const drawn = VIEWS.map((view) => draw(view, {}));
  const { run } = state;
  if (run === null) return drawn.join('');
  for (const cell of run.cells.slice(0, 2)) {
    diagnose(run.task, cell.state);
    for (const round of [null, ...cell.state.rounds.map((own) => own.round)]) {
      for (const station of STATIONS) {
        const choice = { cell: cell.key, round, station };
        const focus = focusOn(run, choice);
        drawn.push(draw(Inside, { run, focus, station, choice: FOLLOW, onChoose: nothing }));
      }
    }
  }
  const frame = { run, name: '', facts: '', chooser: null };
  drawn.push(draw(StaircasePanel, frame));
  for (const mode of MODES) {
    drawn.push(draw(WallPanel, { ...frame, mode, onMode: nothing }));
    // Its tiles wait for the width that they have.
    for (const seed of run.setup.seeds.slice(0, 2)) orderOf(wallsOf(run, seed, mode), 'fate soft');
  }
  for (const set of setsOf(run)) {
    const rows = rowsOf(run, set);
    const [row] = rows;
    if (row === undefined) continue;
    const props = { run, row, scale: scalesOf(rows).tokens, isKeyShown: true };
    drawn.push(draw(SampleDetail, { ...props, onFollow: nothing, onClose: nothing }));
  }
  return drawn.join('');
}
