/** @file Samples: every prompt with what the model answered in each round, to be searched, sorted and opened. */
import type { ReactNode } from 'react';
import { useDeferredValue, useMemo } from 'react';
import { formatCount } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { saveCsv } from '../charts/download.ts';
import { goTo } from '../go-to.ts';
import { Button } from '../kit/button.tsx';
import { keptState } from '../kit/kept-state.ts';
import { Sheet } from '../kit/sheet.tsx';
import { useMedia } from '../kit/use-media.ts';
import { GoToRun, ViewEmpty } from '../kit/view-empty.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { SampleDetail } from './sample-detail.tsx';
import { SampleFilters } from './sample-filters.tsx';
import { SampleHead, SampleList } from './sample-list.tsx';
import type { Query, SortKey } from './sample-query.ts';
import { samplesCsv, select } from './sample-query.ts';
import type { SampleRow } from './sample-rows.ts';
import { rowsOf, scalesOf } from './sample-rows.ts';
import { LEFT_OUT } from '../words/left-out.ts';
import '../inside/inside.css';
import './samples.css';

const NARROW = '(width < 760px)';
/** Room for the open row beside the list; elsewhere it stands over the page. */
const WIDE = '(width >= 1000px)';

/** A list of more takes seconds to build, and nobody walks through it. */
const MOST_ROWS = 10_000;

function Empty(): ReactNode {
  return (
    <ViewEmpty title="What the model answered will stand here">
      <p>
        In each round the model labels new prompts with its own answers and is then trained on them. Every
        prompt gets a row: its self-label in each round, how sure the model was of it (perplexity), and
        whether a filter dropped it. Where an answer changes from one round to the next, the flip is marked.
      </p>
      <p>
        The hidden key, which the model never sees, stays hidden until you ask for it: guess first which
        answers are wrong.
      </p>
      <GoToRun />
    </ViewEmpty>
  );
}

/** Nothing has been labelled so far, though a run is there. */
function waitingWords({ status }: RunView): string {
  switch (status) {
    case 'failed':
    case 'stopped':
    case 'interrupted':
      return 'The run ended before anything of this kind was answered.';
    case 'done':
      return 'This run answered nothing of this kind.';
    case 'waiting':
    case 'running':
    case 'paused':
      return 'Nothing of this kind has been answered yet: rows appear when a part is done.';
  }
}

interface Asked {
  readonly query: Query;
  readonly isKeyShown: boolean;
  /** The row that is open. */
  readonly selected: string | null;
}
const useAsked = keptState<Asked>();

const TESTED = 'test/zero-shot';

/** The first arm's answers to test items, zero-shot: the method itself; its self-labels where no such were asked. */
const firstAsked = ({ cells, task }: RunView): Asked => ({
  query: {
    set: rowsOf({ cells, task }, TESTED).length > 0 ? TESTED : 'prompts',
    ...{ arm: cells[0]?.arm.name ?? null, seed: cells[0]?.seed ?? null },
    ...{ round: null, verdict: null, isRight: null, isFlipped: false },
    ...{ text: '', sort: 'order', isDescending: false },
  },
  ...{ isKeyShown: false, selected: null },
});

function Samples({ run }: { readonly run: RunView }): ReactNode {
  const actions = useActions();
  const isNarrow = useMedia(NARROW);
  const isWide = useMedia(WIDE);
  const [{ query, isKeyShown, selected }, put] = useAsked(run.id, () => firstAsked(run));
  const all = useMemo(() => rowsOf(run, query.set), [run, query.set]);
  const scales = useMemo(() => scalesOf(all), [all]);
  // Typing stays quick while thousands of rows are looked through.
  const asked = useDeferredValue(query);
  const rows = useMemo(() => select(all, asked, isKeyShown), [all, asked, isKeyShown]);
  const listed = useMemo(() => rows.slice(0, MOST_ROWS), [rows]);
  const hasVerdicts = query.set === 'prompts';
  const hasArms = query.arm === null || query.seed === null;
  const opened = all.find(({ id }) => id === selected) ?? null;
  const change = (next: Partial<Query>) => {
    put({ query: { ...query, ...next }, isKeyShown, selected });
  };
  const follow = (row: SampleRow) => {
    actions.pin(row.input, row.rowId);
    actions.setPinned({ cell: row.cell, mode: query.set.endsWith('zero-shot') ? 'zero-shot' : 'few-shot' });
    goTo('follow');
  };
  const sort = (key: SortKey) => {
    if (query.sort !== key) change({ sort: key, isDescending: key === 'flips' });
    else if (!query.isDescending) change({ isDescending: true });
    else change({ sort: 'order', isDescending: false });
  };
  const shape = [
    'samples-view',
    ...(isKeyShown ? ['has-key'] : []),
    ...(hasArms ? ['has-arms'] : []),
    ...(hasVerdicts ? ['has-verdicts'] : []),
    ...(opened !== null && isWide ? ['is-open'] : []),
  ];
  const list = { isKeyShown, hasArms, hasVerdicts };
  const open = (id: string | null) => {
    put({ query, isKeyShown, selected: id });
  };
  const close = () => {
    open(null);
  };
  const detail = opened !== null && (
    <SampleDetail
      key={opened.id}
      {...{ run, row: opened, scale: scales.tokens, isKeyShown }}
      onFollow={() => {
        follow(opened);
      }}
      onClose={close}
    />
  );
  return (
    <div className={shape.join(' ')}>
      <div className="samples-main">
        <header className="samples-title">
          <h2>Samples</h2>
          <p className="soft" role="status">
            {rows.length === all.length
              ? plural(rows.length, 'row')
              : `${formatCount(rows.length)} of ${plural(all.length, 'row')}`}
            {rows.length > MOST_ROWS &&
              `; the first ${formatCount(MOST_ROWS)} are listed, search finds the others`}
          </p>
          <Button
            look="quiet"
            isDisabled={rows.length === 0}
            onPress={() => {
              const name = `bootlace-${run.task.definition.id}-${query.set.replace('/', '-')}`;
              saveCsv(samplesCsv(rows, query.set, isKeyShown), name);
            }}
          >
            Download as CSV
          </Button>
          {run.task.areTextsLeftOut === true && <p className="samples-left-out small soft">{LEFT_OUT}</p>}
        </header>
        <SampleFilters
          {...{ run, rows: all, query, isKeyShown, hasVerdicts, isNarrow }}
          onQuery={change}
          onKey={(isShown) => {
            put({
              ...{ selected, isKeyShown: isShown },
              query: isShown ? query : { ...query, isRight: null },
            });
          }}
        />
        {all.length === 0 ? (
          <p className="sample-none soft">{waitingWords(run)}</p>
        ) : (
          <div className="sample-table framed">
            {!isNarrow && (
              <SampleHead {...list} sort={query.sort} isDescending={query.isDescending} onSort={sort} />
            )}
            <SampleList
              {...list}
              {...{ rows: listed, round: asked.round, scale: scales.answers, selected, isNarrow, isWide }}
              onFollow={follow}
              onSelect={open}
            />
          </div>
        )}
      </div>
      {isWide && detail}
      {opened !== null && !isWide && (
        <Sheet title="One prompt" hasHeading={false} onClose={close}>
          {detail}
        </Sheet>
      )}
    </div>
  );
}

export function SamplesView(): ReactNode {
  const run = useLab((state) => state.run);
  // Another run is another table: nothing of the old filters holds.
  return run === null ? <Empty /> : <Samples key={run.id} run={run} />;
}
