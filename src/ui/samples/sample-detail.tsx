/** @file One row in full: its answers with their tokens, and the prompt as the model saw it, when asked for. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { promptInWords } from '../../method/prompt-text.ts';
import { knobs } from '../../words/knobs.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { PerplexityLegend } from '../inside/perplexity-legend.tsx';
import { PromptView } from '../inside/prompt-view.tsx';
import { TokenText } from '../inside/token-text.tsx';
import { Button } from '../kit/button.tsx';
import { Fold } from '../kit/fold.tsx';
import { Segments } from '../kit/segments.tsx';
import { armTitle } from '../../words/arm-title.ts';
import { formatPerplexity } from '../words/numbers.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { roundTag, roundTitle } from '../words/rounds.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import { answerText, markOf } from './sample-list.tsx';
import type { Said, SampleRow } from './sample-rows.ts';

export interface SampleDetailProps {
  readonly run: RunView;
  readonly row: SampleRow;
  /** Of tokens. */
  readonly scale: PerplexityScale;
  readonly isKeyShown: boolean;
  readonly onFollow: () => void;
  readonly onClose: () => void;
}

function Answer({
  said,
  isKeyShown,
  scale,
}: Pick<SampleDetailProps, 'isKeyShown' | 'scale'> & { readonly said: Said }): ReactNode {
  const { round, answer, ids, logprobs, perplexity, verdict, isRight, isFlip } = said;
  return (
    <li>
      <p className="answer-line">
        <span className="round-tag">{roundTitle(round)}</span>
        <b>{answerText(answer)}</b>
        {isFlip && (
          <span className="flip-mark tag">
            <span aria-hidden="true">⇄</span> flipped
          </span>
        )}
        {isKeyShown && <span>{markOf(isRight)}</span>}
      </p>
      {logprobs.length > 0 && <TokenText meanwhile={null} {...{ ids, logprobs, scale }} />}
      {said.said !== null && <p className="soft small">The model itself said “{said.said}”.</p>}
      {verdict !== null && (
        <p className="soft small">
          {perplexity === null ? 'No model answered.' : `Perplexity ${formatPerplexity(perplexity)}`};{' '}
          {VERDICTS[verdict]}
        </p>
      )}
    </li>
  );
}

/** The prompt of one of its rounds, demonstrations included. */
function AsSeen({ run, row }: Pick<SampleDetailProps, 'run' | 'row'>): ReactNode {
  const [chosen, setChosen] = useState<number | null>(null);
  const said = row.answers.find(({ round }) => round === chosen) ?? row.answers[row.answers.length - 1];
  if (said === undefined) return null;
  const set = run.cells.find(({ key }) => key === row.cell)?.arm.knobs ?? knobs();
  const { demonstrations, verdict, ids } = said;
  // A scored item's are [] where it stood alone; a self-label's also where none had room behind the preamble.
  const isAlone = verdict === null && demonstrations?.length === 0;
  return (
    <>
      {row.answers.length > 1 && verdict !== null && (
        <Segments
          label="Round"
          value={String(said.round)}
          options={row.answers.map(({ round }) => ({ id: String(round), title: roundTag(round) }))}
          onChange={(round) => {
            setChosen(Number(round));
          }}
        />
      )}
      <PromptView
        parts={promptInWords(run.task, row.input, isAlone ? null : (demonstrations ?? []), set).parts}
      />
      {demonstrations === null && (
        <p className="field-note">
          Before it stood demonstrations drawn by seed and item, the same in every round and arm. A run keeps
          them for self-labels only.
        </p>
      )}
      {verdict !== null && ids.length === 0 && (
        <p className="field-note">No model read this: the label was taken from the key.</p>
      )}
    </>
  );
}

export function SampleDetail(props: SampleDetailProps): ReactNode {
  const { run, row, scale, isKeyShown, onFollow, onClose } = props;
  return (
    <section className="sample-detail" aria-labelledby="sample-detail">
      <header>
        <h2 id="sample-detail">One prompt</h2>
        <Button look="quiet" onPress={onClose}>
          Close
        </Button>
      </header>
      <p className="detail-input">{row.input}</p>
      <p className="soft small">
        {row.rowId}; {armTitle(row.arm, row.method)}, seed {row.seed}
      </p>
      {isKeyShown && <p>Key: {row.key === '' ? 'none is known' : <b>{row.key}</b>}</p>}
      <div>
        <Button onPress={onFollow}>Follow this prompt</Button>
      </div>
      <h3>Answers</h3>
      <ol className="answer-list">
        {row.answers.map((said, i) => (
          <Answer key={i} {...{ said, isKeyShown, scale }} />
        ))}
      </ol>
      <Fold title="The prompt as the model saw it">
        <div className="as-seen">
          <AsSeen run={run} row={row} />
        </div>
      </Fold>
      {row.answers.some(({ logprobs }) => logprobs.length > 0) && <PerplexityLegend scale={scale} />}
    </section>
  );
}
