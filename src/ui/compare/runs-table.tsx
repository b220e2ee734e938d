/** @file The past runs: a table where it is wide enough, a list of cards where it is not. */
import type { ReactNode } from 'react';
import { CheckboxButton, CheckboxField } from 'react-aria-components';
import type { RunCard, RunView } from '../../store/live/run-state.ts';
import { ArmKey } from '../charts/arm-key.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { formatScore } from '../../core/figures.ts';
import { Changes } from './changes.tsx';
import { RunButtons } from './run-buttons.tsx';
import { createdWords } from '../words/dates.ts';
import { armScores, endingLines, statusWords } from './run-facts.ts';

export interface RunsTableProps {
  readonly cards: readonly RunCard[];
  /** Letters of the runs that are laid over, by id. */
  readonly letters: ReadonlyMap<string, string>;
  readonly isNarrow: boolean;
}

interface RowProps {
  readonly card: RunCard;
  readonly letter: string | null;
  readonly current: RunView | null;
}

function Tick({ card, letter }: Pick<RowProps, 'card' | 'letter'>): ReactNode {
  const actions = useActions();
  return (
    <CheckboxField
      isSelected={letter !== null}
      onChange={(isOn) => {
        if (isOn) void actions.addOverlay(card.id);
        else actions.removeOverlay(card.id);
      }}
    >
      <CheckboxButton className="tick">
        <span className="sr-only">Lay {card.name} over the others</span>
        <span className="tick-box" aria-hidden="true">
          {letter ?? ''}
        </span>
      </CheckboxButton>
    </CheckboxField>
  );
}

function Scores({ card }: { readonly card: RunCard }): ReactNode {
  return (
    <>
      <ul className="run-scores">
        {armScores(card).map(({ name, title, method, nth, score }) => (
          <li key={name}>
            <ArmKey {...{ method, nth }} />
            <span>{title}</span>
            <b>{score === null ? '–' : formatScore(score)}</b>
          </li>
        ))}
      </ul>
      {endingLines(card).map((line) => (
        <p key={line} className="soft small">
          {line}
        </p>
      ))}
    </>
  );
}

function Name({ card, current }: Pick<RowProps, 'card' | 'current'>): ReactNode {
  return (
    <>
      <b>{card.name}</b>
      {current?.id === card.id && <span className="on-page tag">on the page</span>}
    </>
  );
}

const isGoing = (card: RunCard, current: RunView | null): boolean =>
  current?.id === card.id &&
  current.kind === 'live' &&
  (current.status === 'running' || current.status === 'paused');

function Row({ card, letter, current }: RowProps): ReactNode {
  return (
    <tr className={letter === null ? '' : 'is-ticked'}>
      <td>
        <Tick card={card} letter={letter} />
      </td>
      <th scope="row">
        <Name card={card} current={current} />
        <span className="run-sub soft small">
          {createdWords(card)}, {statusWords(card)}
        </span>
      </th>
      <td>
        {card.model.name}
        <span className="run-sub soft small">{card.taskId}</span>
      </td>
      <td>
        <Scores card={card} />
      </td>
      <td>
        {card.changes.length === 0 ? <span className="faint">–</span> : <Changes changes={card.changes} />}
      </td>
      <td>
        <RunButtons card={card} isLive={isGoing(card, current)} />
      </td>
    </tr>
  );
}

function Card({ card, letter, current }: RowProps): ReactNode {
  return (
    <li className={letter === null ? 'run-card' : 'run-card is-ticked'}>
      <div className="run-card-head">
        <Tick card={card} letter={letter} />
        <p>
          <Name card={card} current={current} />
          <span className="run-sub soft small">
            {createdWords(card)}, {statusWords(card)}; {card.model.name}, {card.taskId}
          </span>
        </p>
        <RunButtons card={card} isLive={isGoing(card, current)} />
      </div>
      <Scores card={card} />
      {card.changes.length > 0 && <Changes changes={card.changes} />}
    </li>
  );
}

export function RunsTable({ cards, letters, isNarrow }: RunsTableProps): ReactNode {
  const current = useLab((state) => state.run);
  const rows = cards.map((card) => ({ card, letter: letters.get(card.id) ?? null, current }));
  if (isNarrow)
    return (
      <ul className="run-cards" aria-label="Past runs">
        {rows.map((row) => (
          <Card key={row.card.id} {...row} />
        ))}
      </ul>
    );
  return (
    <table className="runs-table">
      <thead>
        <tr>
          <th scope="col">Overlay</th>
          <th scope="col">Run</th>
          <th scope="col">Model, task</th>
          <th scope="col" title="Exact match, zero-shot, on test, after the last round; mean over seeds">
            Last exact match
          </th>
          <th scope="col" title="Against the run before it">
            Changes
          </th>
          <th scope="col">
            <span className="sr-only">What to do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.card.id} {...row} />
        ))}
      </tbody>
    </table>
  );
}
