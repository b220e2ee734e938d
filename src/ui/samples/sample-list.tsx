/** @file The rows of the samples view: only those in sight are drawn, and the arrows walk through all of them. */
import type { ReactNode } from 'react';
import { GridList, GridListItem, ListLayout, Virtualizer } from 'react-aria-components';
import { ArmKey } from '../charts/arm-key.tsx';
import { Button } from '../kit/button.tsx';
import { armTitle } from '../../words/arm-title.ts';
import { excerpt } from '../words/excerpt.ts';
import { formatPerplexity } from '../words/numbers.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityTint } from '../words/perplexity.ts';
import { stretchTag } from '../words/rounds.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import type { SortKey } from './sample-query.ts';
import { shownOf, stretchesOf } from './sample-query.ts';
import type { SampleRow } from './sample-rows.ts';

export interface SampleListProps {
  readonly rows: readonly SampleRow[];
  /** The round that rows are judged by; null: each row's latest. */
  readonly round: number | null;
  /** Of whole answers. */
  readonly scale: PerplexityScale;
  readonly isKeyShown: boolean;
  readonly hasArms: boolean;
  /** Whether these rows know perplexity and verdict. */
  readonly hasVerdicts: boolean;
  readonly selected: string | null;
  readonly isNarrow: boolean;
  /** An open row stands beside the list, so that walking through the rows opens each. */
  readonly isWide: boolean;
  readonly onSelect: (id: string) => void;
  readonly onFollow: (row: SampleRow) => void;
}

/** Pixels: rows are of one height, or, where answers go on in further lines, about so high until they are drawn. */
const ROW = { rowSize: 40 } as const;
const NARROW_ROW = { estimatedRowSize: 104 } as const;

export const markOf = (isRight: boolean | null): string =>
  isRight === null ? '' : isRight ? '✓ right' : '✗ wrong';

export const answerText = (answer: string): string => (answer === '' ? '(empty)' : answer);

function Answers({ row, isKeyShown }: { readonly row: SampleRow; readonly isKeyShown: boolean }): ReactNode {
  return (
    <span className="sample-answers">
      {stretchesOf(row).map(({ from, to, answer, isRight }, i) => (
        <span key={from} className={i === 0 ? 'stretch' : 'stretch is-flip'}>
          {i > 0 && (
            <span className="flip-mark tag" title="flipped">
              <span aria-hidden="true">⇄</span>
              <span className="sr-only">flipped to</span>
            </span>
          )}
          <span className="round-tag">{stretchTag(from, to)}</span>
          <b>{excerpt(answerText(answer))}</b>
          {isKeyShown && isRight !== null && (
            <span role="img" aria-label={isRight ? 'right' : 'wrong'} className="right-mark">
              {isRight ? '✓' : '✗'}
            </span>
          )}
        </span>
      ))}
    </span>
  );
}

function Cells({ row, props }: { readonly row: SampleRow; readonly props: SampleListProps }): ReactNode {
  const { round, scale, isKeyShown, hasArms, hasVerdicts, isNarrow, onFollow } = props;
  const shown = shownOf(row, round);
  return (
    <>
      <span className="sample-input" title={excerpt(row.input)}>
        {excerpt(row.input)}
      </span>
      <Answers row={row} isKeyShown={isKeyShown} />
      {hasVerdicts && (
        <>
          <span className="sample-perplexity">
            {shown?.perplexity != null && (
              <span className="tinted" style={{ background: perplexityTint(shown.perplexity, scale) }}>
                {isNarrow && <span className="sr-only">perplexity </span>}
                {formatPerplexity(shown.perplexity)}
              </span>
            )}
          </span>
          <span className={shown?.verdict === 'kept' ? 'sample-verdict faint' : 'sample-verdict'}>
            {shown?.verdict == null ? '' : VERDICTS[shown.verdict]}
          </span>
        </>
      )}
      {isKeyShown && (
        <span className="sample-key">
          {isNarrow && row.key !== '' && <span className="faint">key </span>}
          {row.key === '' ? <span className="faint">no key</span> : row.key}
        </span>
      )}
      {hasArms && !isNarrow && (
        <span className="sample-arm">
          <ArmKey method={row.method} nth={row.nth} />
          <span>{armTitle(row.arm, row.method)}</span>
        </span>
      )}
      <Button
        look="quiet"
        aria-label={`Follow this prompt: ${row.input}`}
        onPress={() => {
          onFollow(row);
        }}
      >
        Follow
      </Button>
    </>
  );
}

export function SampleList(props: SampleListProps): ReactNode {
  const { rows, selected, isNarrow, isWide, onSelect, round, scale, isKeyShown, hasArms, hasVerdicts } =
    props;
  return (
    <Virtualizer
      layout={ListLayout}
      layoutOptions={isNarrow ? NARROW_ROW : ROW}
      key={isNarrow ? 'narrow' : 'wide'}
    >
      <GridList
        className="sample-list"
        aria-label="Samples"
        items={rows}
        dependencies={[round, scale, isKeyShown, hasArms, hasVerdicts, isNarrow]}
        selectionMode="single"
        selectionBehavior={isWide ? 'replace' : 'toggle'}
        selectedKeys={selected === null ? [] : [selected]}
        onSelectionChange={(keys) => {
          const [key] = keys === 'all' ? [] : keys;
          if (key !== undefined) onSelect(String(key));
        }}
        renderEmptyState={() => (
          <p className="sample-none">No row is like that. Take a filter or a word of the search away.</p>
        )}
      >
        {(row) => (
          <GridListItem id={row.id} textValue={row.input} className="sample-row">
            <Cells row={row} props={props} />
          </GridListItem>
        )}
      </GridList>
    </Virtualizer>
  );
}

export interface SampleHeadProps {
  readonly isKeyShown: boolean;
  readonly hasArms: boolean;
  readonly hasVerdicts: boolean;
  readonly sort: SortKey;
  readonly isDescending: boolean;
  readonly onSort: (sort: SortKey) => void;
}

/** Names of the columns; a press sorts by one, another turns it round. */
export function SampleHead(props: SampleHeadProps): ReactNode {
  const { isKeyShown, hasArms, hasVerdicts, sort, isDescending, onSort } = props;
  const head = (key: SortKey, title: string, className = '') => {
    const isOn = sort === key;
    const way = isDescending ? 'descending' : 'ascending';
    return (
      <span className={className}>
        <Button
          look="quiet"
          aria-label={`Sort by ${title}${isOn ? `, now ${way}` : ''}`}
          onPress={() => {
            onSort(key);
          }}
        >
          {title}
          <span aria-hidden="true" className="sort-mark">
            {isOn ? (isDescending ? '▼' : '▲') : ''}
          </span>
        </Button>
      </span>
    );
  };
  return (
    <div className="sample-head">
      {head('input', 'Prompt')}
      {head('answer', hasVerdicts ? 'Self-label by round' : 'Answer by round')}
      {hasVerdicts && (
        <>
          {head('perplexity', 'Perplexity', 'sample-perplexity')}
          {head('verdict', 'Verdict')}
        </>
      )}
      {isKeyShown && <span className="soft small">Key</span>}
      {hasArms && head('arm', 'Arm')}
      <span />
    </div>
  );
}
