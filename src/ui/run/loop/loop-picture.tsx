/** @file The loop as a living picture: six stations, the one at work lit, and the way back into the next round. */
import type { ReactNode } from 'react';
import type { StationId } from '../focus.ts';
import { Glyph } from './glyphs.tsx';
import type { StationView } from './station-view.ts';
import './loop-picture.css';

const STATUS_WORDS = { waiting: 'waits', active: 'at work', done: 'done' } as const;

export interface LoopPictureProps {
  readonly stations: readonly StationView[];
  /** The one whose inside is shown; null before there is any. */
  readonly selected: StationId | null;
  readonly onSelect: (station: StationId) => void;
  /** E.g. "round 2 of 3". */
  readonly where: string;
  /** What happens on the way back, e.g. "adapter 2 becomes the teacher". */
  readonly back: string;
  /** Between rounds nothing flows back to the teacher (frozen teacher, single round). */
  readonly isBackOpen: boolean;
}

function Station({
  station,
  isSelected,
  onSelect,
}: {
  readonly station: StationView;
  readonly isSelected: boolean;
  readonly onSelect: (station: StationId) => void;
}): ReactNode {
  const { id, status, figure, note, share } = station;
  return (
    <li className={`station is-${status}`}>
      <button
        type="button"
        className="station-button"
        aria-pressed={isSelected}
        onClick={() => {
          onSelect(id);
        }}
      >
        <span className="station-name">{id}</span>
        <span className="sr-only">, {STATUS_WORDS[status]}: </span>
        <Glyph station={station} />
        <span className="station-figure">{figure}</span>
        <span className="station-note">{note}</span>
        <span className="sr-only">. Look inside</span>
        <span className="station-share" style={{ inlineSize: `${100 * (share ?? 0)}%` }} />
      </button>
    </li>
  );
}

export function LoopPicture(props: LoopPictureProps): ReactNode {
  const { stations, selected, onSelect, where, back, isBackOpen } = props;
  const isActive = stations.some(({ status }) => status === 'active');
  // The way back leads to where labels are made.
  const isRankedFirst = stations[1]?.id === 'order';
  const classes = ['loop', isActive ? 'is-active' : '', isRankedFirst ? 'is-ranked-first' : ''];
  return (
    <section className={classes.filter((name) => name !== '').join(' ')} aria-label="The loop">
      <ol className="stations">
        {stations.map((station) => (
          <Station
            key={station.id}
            station={station}
            isSelected={station.id === selected}
            onSelect={onSelect}
          />
        ))}
      </ol>
      <div className="loop-back">
        <svg className="loop-back-line" viewBox="0 0 600 22" preserveAspectRatio="none" aria-hidden="true">
          <path
            d={`M550 0V11H${isRankedFirst ? 250 : 150}V2`}
            fill="none"
            stroke="var(--line-strong)"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
            strokeDasharray={isBackOpen ? '3 5' : ''}
          />
        </svg>
        <svg className="loop-back-head" width="10" height="7" viewBox="0 0 10 7" aria-hidden="true">
          <path d="M5 0L10 7H0Z" fill="var(--line-strong)" />
        </svg>
        <p className="loop-words">
          <b>{where}</b>
          {back !== '' && <span> {back}</span>}
        </p>
      </div>
    </section>
  );
}
