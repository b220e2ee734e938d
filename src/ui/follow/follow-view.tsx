/** @file Follow one sentence: a pinned prompt, its answer after every round, and what happens when its prompt changes. */
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import { changedItems } from '../../analysis/changed.ts';
import { plural } from '../../core/plural.ts';
import type { Task } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { LabModel } from '../../store/lab-model.ts';
import type { Pinned } from '../../store/questions/ask-state.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Fold } from '../kit/fold.tsx';
import { HiddenKey } from '../kit/hidden-key.tsx';
import { Segments } from '../kit/segments.tsx';
import { PromptView } from '../inside/prompt-view.tsx';
import { ViewEmpty } from '../kit/view-empty.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { armTitle } from '../../words/arm-title.ts';
import { MODES } from '../words/metrics.ts';
import { formatPerplexity } from '../words/numbers.ts';
import { perplexityScale, tokenPerplexity } from '../words/perplexity.ts';
import { roundTitle } from '../words/rounds.ts';
import { LEFT_OUT } from '../words/left-out.ts';
import { takeDown } from './answer-facts.ts';
import { Answers } from './answers.tsx';
import { Demonstrations } from './demonstrations.tsx';
import { OwnPrompt, PickPrompt } from './pick-prompt.tsx';
import '../inside/inside.css';
import '../inside/token-text.css';
import './follow.css';

/** The key of the row that the prompt came from; null where it was typed, '' where none is known. */
function keyOf({ splits }: Task, { rowId, input }: Pinned, run: RunView | null): string | null {
  if (rowId === null) return null;
  for (const split of SPLITS) {
    const row = splits[split].find(({ id }) => id === rowId);
    if (row?.input === input) return row.output;
  }
  const sample = run?.cells
    .flatMap(({ state }) => state.rounds.flatMap(({ samples }) => samples))
    .find(({ id }) => id === rowId);
  return sample?.input === input ? sample.key : null;
}

/** Why there is no more to see than there is; '' where all is there. */
function standing(run: RunView | null, modelStatus: LabModel['model']['status'], pinned: Pinned): string {
  const barrier = pinned.answers.find(({ readBack }) => readBack !== null)?.readBack ?? null;
  if (run !== null && barrier !== null)
    return barrier === 'model'
      ? `As the run kept them, without their tokens: it was made with ${run.model.name}, which is not loaded.${run.task.areTextsLeftOut === true ? ` ${LEFT_OUT}` : ''}`
      : 'The rounds’ answers as the run kept them, without their tokens: its file came without the adapters.';
  if (modelStatus === 'loading') return 'The model is being loaded; it answers as soon as it is there.';
  if (modelStatus !== 'ready') return 'No model is loaded: nobody can answer.';
  if (pinned.answers.length === 1 && run?.status === 'running')
    return 'Only the base answers so far; each round joins it as soon as it has been trained.';
  if (run === null || pinned.answers.length === 1)
    return 'Only the base answers so far. A round joins it as soon as it has been trained: press Run, and come back.';
  if (run.status === 'running')
    return 'Further rounds join as they end. While the run goes on, answers take longer.';
  return '';
}

/** Whose draw the demonstrations are, and what had no room: a sentence each. */
function drawWords({ prompt, chosen }: Pinned, hasRun: boolean): readonly string[] {
  if (prompt === null) return [];
  const { origin, leftOut } = prompt;
  const owner = hasRun ? 'the run' : 'the setup';
  const words = {
    labelled: `These stood before it when round ${origin.kind === 'labelled' ? origin.round : 0} labelled it.`,
    evaluated: `These stand before it whenever ${owner} scores it few-shot.`,
    outside: `Not asked by a run so far: drawn afresh from the pool of ${owner}, as many as it shows.`,
  };
  return [
    ...(chosen === null ? [words[origin.kind]] : []),
    ...(leftOut > 0 ? [`${plural(leftOut, 'demonstration')} had no room in the model’s positions.`] : []),
  ];
}

function Following({
  pinned,
  task,
  run,
}: {
  readonly pinned: Pinned;
  readonly task: Task;
  readonly run: RunView | null;
}): ReactNode {
  const actions = useActions();
  const modelStatus = useLab((state) => state.model.status);
  const [before, setBefore] = useState<ReadonlyMap<string, string>>(new Map());
  const change = (next: Parameters<typeof actions.setPinned>[0]) => {
    setBefore(takeDown(pinned.answers));
    actions.setPinned(next);
  };
  const key = keyOf(task, pinned, run);
  const { drawn = [], rounds = [], origin } = pinned.prompt ?? {};
  const cell = pinned.cell ?? run?.cells[0]?.key ?? null;
  const words = standing(run, modelStatus, pinned);
  const tokens = pinned.answers.flatMap((answer) => answer.tokens);
  const scale = perplexityScale(tokens.map(({ probability }) => tokenPerplexity(probability)));
  return (
    <div className="follow-view">
      <div className="follow-side">
        <header>
          <h2>Follow one sentence</h2>
          <Button
            look="quiet"
            onPress={() => {
              actions.unpin();
            }}
          >
            Another prompt
          </Button>
        </header>
        <OwnPrompt
          key={pinned.input}
          label="The prompt"
          value={pinned.input}
          button="Ask"
          onAsk={(input) => {
            change({ input });
          }}
        />
        <div className="follow-how">
          <Segments
            label="Mode"
            value={pinned.mode}
            options={MODES}
            onChange={(mode) => {
              change({ mode });
            }}
          />
          {run !== null && run.cells.length > 1 && (
            <Choice
              label="Arm and seed"
              isLabelHidden
              value={cell}
              options={run.cells.map(({ key: id, arm, seed }) => ({
                id,
                title: `${armTitle(arm.name, arm.method)}, seed ${seed}`,
              }))}
              onChange={(next) => {
                // Other rounds answer: there is nothing to compare with.
                setBefore(new Map());
                actions.setPinned({ cell: next });
              }}
            />
          )}
        </div>
        {rounds.length > 1 && (
          <Choice
            label="Demonstrations of"
            value={origin?.kind === 'labelled' ? String(origin.round) : null}
            options={rounds.map((round) => ({ id: String(round), title: roundTitle(round) }))}
            onChange={(round) => {
              change({ drawnIn: Number(round), chosen: null });
            }}
          />
        )}
        <Demonstrations
          task={task}
          chosen={pinned.chosen ?? drawn}
          original={drawn}
          isDisabled={pinned.mode === 'zero-shot'}
          notes={drawWords(pinned, run !== null)}
          onChange={(ids) => {
            change({ chosen: ids.join(' ') === drawn.join(' ') ? null : ids });
          }}
        />
        <Fold title="The whole text that the model is given">
          {pinned.prompt !== null && <PromptView parts={pinned.prompt.parts} />}
        </Fold>
      </div>
      <div className="follow-main">
        <header>
          <h2>Its answers</h2>
          {key !== null && key !== '' && (
            <HiddenKey key={pinned.rowId}>
              <b>{key}</b>
            </HiddenKey>
          )}
        </header>
        <p className="follow-input">{pinned.input}</p>
        <Answers answers={pinned.answers} scale={scale} before={before} />
        {pinned.answers.some(({ status }) => status === 'failed') && (
          <p>
            <Button
              onPress={() => {
                actions.setPinned({});
              }}
            >
              Ask again
            </Button>
          </p>
        )}
        <p className="soft follow-note">
          {words}
          {tokens.length > 0 &&
            ` Press a token to see what else was likely in its place; the stronger its colour, the more surprised the model was. It is strongest from perplexity ${formatPerplexity(scale.to)} on.`}
        </p>
      </div>
    </div>
  );
}

/** With nothing pinned the view opens on a sentence that the run changed, as it is scored. */
function useOpening(pinned: Pinned | null, run: RunView | null): void {
  const actions = useActions();
  const isOpen = useRef(false);
  useEffect(() => {
    if (isOpen.current) return;
    isOpen.current = true;
    if (pinned !== null || run === null || run.status === 'running') return;
    if (run.task.areTextsLeftOut === true) return;
    const [cell] = run.cells;
    const [row] = cell === undefined ? [] : changedItems(run.task, cell.state);
    if (row === undefined) return;
    actions.pin(row.input, row.id);
    actions.setPinned({ mode: 'zero-shot' });
  }, [actions, pinned, run]);
}

export function FollowView(): ReactNode {
  const pinned = useLab((state) => state.pinned);
  const run = useLab((state) => state.run);
  useOpening(pinned, run);
  const chosen = useLab((state) => state.tasks.task);
  const task = run?.task ?? chosen;
  if (task === null)
    return (
      <ViewEmpty>
        <p className="soft">The task is being read; then a prompt can be chosen.</p>
      </ViewEmpty>
    );
  if (pinned === null) return <PickPrompt run={run} task={task} />;
  return <Following key={pinned.rowId ?? 'typed'} pinned={pinned} task={task} run={run} />;
}
