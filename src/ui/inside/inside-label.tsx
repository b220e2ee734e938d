/** @file Inside labelling: one prompt at a time with its demonstrations, the answer as text while it is made and token by
 * token after that, the key on request. */
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { perplexityOf } from '../../metrics/perplexity.ts';
import type { Sample } from '../../words/events.ts';
import type { PromptParts } from '../../words/prompt-parts.ts';
import type { Task } from '../../words/task.ts';
import { promptInWords } from '../../method/prompt-text.ts';
import { HiddenKey } from '../kit/hidden-key.tsx';
import type { Focus } from '../run/focus.ts';
import { formatPerplexity } from '../words/numbers.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityScale, tokenPerplexities } from '../words/perplexity.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import type { BeingWritten } from './being-written.ts';
import { beingWritten, usePinned } from './being-written.ts';
import { Growing, Tick, rightness } from './live-answer.tsx';
import { Pager } from './pager.tsx';
import { PerplexityLegend } from './perplexity-legend.tsx';
import { PromptView } from './prompt-view.tsx';
import { TokenText } from './token-text.tsx';

/** An answer that is there, or on its way: one of the two. */
interface Listed {
  readonly id: string;
  readonly isDone: boolean;
  readonly sample: Sample | null;
  readonly live: BeingWritten | null;
}

/** What is shown of one. */
interface Shown extends Pick<Listed, 'isDone' | 'sample'> {
  /** Of a question the model writes, not of an answer. */
  readonly isQuestion: boolean;
  readonly parts: PromptParts;
  readonly text: string;
  readonly answer: Pick<Sample, 'ids' | 'logprobs'> | null;
  readonly isRight: boolean | null;
}

function listOf({ cell, round, isNow }: Focus): readonly Listed[] {
  const done = round.samples.map((sample) => ({ id: sample.id, isDone: true, sample, live: null }));
  const ids = new Set(done.map(({ id }) => id));
  const isLabelling = isNow && cell.activity?.phase === 'label';
  const all = isLabelling ? beingWritten(cell.live).filter(({ id }) => !ids.has(id)) : [];
  return [
    ...done,
    ...all.map((live) => ({ id: live.id, isDone: live.completion !== null, sample: null, live })),
  ];
}

function shownOf(task: Task, { cell }: Focus, { id, isDone, sample, live }: Listed): Shown | null {
  if (sample !== null) {
    const { input, demonstrations, answer, isRight } = sample;
    const { parts } = promptInWords(task, input, demonstrations, cell.arm.knobs);
    return { isDone, sample, isQuestion: false, parts, text: answer, answer: sample, isRight };
  }
  if (live === null) return null;
  const { parts, writes, text, completion } = live;
  const row = task.splits.prompts.find((own) => own.id === id);
  return {
    ...{ isDone, sample, isQuestion: writes === 'question', parts, text, answer: completion },
    isRight: completion === null ? null : rightness(task, row, text.trim(), completion.finishReason),
  };
}

function AnswerBox({ shown, scale }: { readonly shown: Shown; readonly scale: PerplexityScale }): ReactNode {
  const { sample, answer, text, isDone, isQuestion, isRight } = shown;
  const perplexity = answer === null ? null : perplexityOf(answer.logprobs);
  const whole = <b>{text.trim() === '' ? '(empty)' : text.trim()}</b>;
  return (
    <div className="answer-box">
      <p className="field-label">
        {isQuestion ? 'A new question, written by the model' : 'Answer, the label it will be trained on'}
      </p>
      <div className="answer-now">
        {!isDone ? (
          <Growing text={text} />
        ) : answer !== null && answer.logprobs.length > 0 ? (
          <TokenText meanwhile={whole} ids={answer.ids} logprobs={answer.logprobs} scale={scale} />
        ) : (
          whole
        )}
        {isRight !== null && <Tick isRight={isRight} />}
      </div>
      {sample?.said !== undefined && <p className="soft">The model itself said “{sample.said}”.</p>}
      <p className="soft">
        {!isDone && (text === '' ? 'The model reads the prompt.' : 'The model writes.')}
        {perplexity !== null && <>perplexity {formatPerplexity(perplexity)}</>}
        {sample !== null && <>; {VERDICTS[sample.verdict]}</>}
      </p>
      {isRight !== null && <p className="field-note">✓ and ✗ are for you: the model sees no key.</p>}
    </div>
  );
}

export function InsideLabel({ task, focus }: { readonly task: Task; readonly focus: Focus }): ReactNode {
  const all = listOf(focus);
  const pinned = usePinned(all);
  const [chosen, setChosen] = useState<number | null>(null);
  const { rounds } = focus.cell.state;
  const kept = useMemo(() => tokenPerplexities(rounds.flatMap(({ samples }) => samples)), [rounds]);
  const followed = all.findIndex(({ id }) => id === pinned);
  const at = Math.min(chosen ?? followed, all.length - 1);
  const listed = all[at];
  const shown = listed === undefined ? null : shownOf(task, focus, listed);
  if (shown === null) return <p className="faint">No prompt of this round has been answered yet.</p>;
  const { sample, answer } = shown;
  // Of an answer that is not among the run's yet its own tokens are all that may be known.
  const scale = perplexityScale(
    sample === null && answer !== null ? [...kept, ...tokenPerplexities([answer])] : kept,
  );
  return (
    <>
      <Pager
        noun={shown.isQuestion ? 'question' : 'prompt'}
        at={at}
        count={all.length}
        onTurn={(to) => {
          // At the newest it is followed again.
          setChosen(to === all.length - 1 ? null : to);
        }}
      />
      <PromptView parts={shown.parts} />
      <AnswerBox {...{ shown, scale }} />
      {sample !== null && sample.key !== '' && (
        <HiddenKey key={sample.id}>
          <b>{sample.key}</b>
        </HiddenKey>
      )}
      <PerplexityLegend scale={scale} />
    </>
  );
}
