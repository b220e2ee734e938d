/** @file Inside labelling: one prompt at a time with its demonstrations, the answer's tokens, the key on request. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Sample } from '../../words/events.ts';
import type { Task } from '../../words/task.ts';
import { promptInWords } from '../../method/prompt-text.ts';
import { HiddenKey } from '../kit/hidden-key.tsx';
import type { Focus } from '../run/focus.ts';
import { formatPerplexity } from '../words/numbers.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import { Pager } from './pager.tsx';
import { PromptView } from './prompt-view.tsx';
import { TokenText } from './token-text.tsx';

/** What is known of an answer: all of a sample, less while its part is still being labelled. */
type Known = Pick<Sample, 'id' | 'input' | 'answer' | 'ids' | 'logprobs'> & Partial<Sample>;

function answersOf(task: Task, { cell, round, isNow }: Focus): readonly Known[] {
  const inputs = new Map(task.splits.prompts.map((row) => [row.id, row.input]));
  const done = new Set(round.samples.map(({ id }) => id));
  const live = (isNow ? cell.live.answers : []).flatMap(({ phase, completion }): Known[] => {
    const id = completion.key.slice(completion.key.lastIndexOf('/') + 1);
    if (phase !== 'label' || done.has(id)) return [];
    const { text, ids, logprobs } = completion;
    return [{ id, input: inputs.get(id) ?? '', answer: text.trim(), ids, logprobs }];
  });
  return [...round.samples, ...live];
}

export function InsideLabel({ task, focus }: { readonly task: Task; readonly focus: Focus }): ReactNode {
  const answers = answersOf(task, focus);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = Math.min(chosen ?? answers.length - 1, answers.length - 1);
  const sample = answers[at];
  if (sample === undefined) return <p className="faint">No prompt of this round has been answered yet.</p>;
  const perplexity =
    sample.perplexity ??
    Math.exp(-sample.logprobs.reduce((sum, value) => sum + value, 0) / Math.max(1, sample.logprobs.length));
  return (
    <>
      <Pager noun="prompt" at={at} count={answers.length} onTurn={setChosen} />
      <PromptView
        parts={promptInWords(task, sample.input, sample.demonstrations ?? [], focus.cell.arm.knobs).parts}
      />
      {sample.demonstrations === undefined && (
        <p className="field-note">Its demonstrations are shown when the whole part has been answered.</p>
      )}
      <div className="answer-box">
        <p className="field-label">Answer, the label it will be trained on</p>
        {sample.logprobs.length > 0 ? (
          <TokenText ids={sample.ids} logprobs={sample.logprobs} />
        ) : (
          <b>{sample.answer === '' ? '(empty)' : sample.answer}</b>
        )}
        {sample.said !== undefined && <p className="soft">The model itself said “{sample.said}”.</p>}
        <p className="soft">
          {sample.logprobs.length > 0 && <>perplexity {formatPerplexity(perplexity)}</>}
          {sample.verdict !== undefined && <>; {VERDICTS[sample.verdict]}</>}
        </p>
      </div>
      {sample.key !== undefined && sample.key !== '' && (
        <HiddenKey key={sample.id}>
          <b>{sample.key}</b> {sample.isRight === true ? '✓ right' : '✗ wrong'}
        </HiddenKey>
      )}
      <p className="perplexity-scale">
        1 <i /> 10 and more: perplexity of a token
      </p>
    </>
  );
}
