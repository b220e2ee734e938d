/** @file The wall: a tile per test item, one wall for each arm, through the rounds. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { isOver } from '../headline.tsx';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Mode } from '../../../words/events.ts';
import { FATES, FATE_WORDS, TILE_WORDS } from '../../../analysis/wall.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { ArmKey } from '../../charts/arm-key.tsx';
import { csv } from '../../charts/download.ts';
import type { PictureFrame } from '../../charts/figure-frame.tsx';
import { FigureFrame } from '../../charts/figure-frame.tsx';
import { goTo } from '../../go-to.ts';
import { Choice } from '../../kit/choice.tsx';
import { keptState } from '../../kit/kept-state.ts';
import { Segments } from '../../kit/segments.tsx';
import { Slider } from '../../kit/slider.tsx';
import { useWidth } from '../../kit/use-width.ts';
import { useActions } from '../../lab-context.ts';
import { lookOf } from '../../words/arms.ts';
import { MODES } from '../../words/metrics.ts';
import { listed } from '../../words/numbers.ts';
import { roundTitle } from '../../words/rounds.ts';
import type { Read } from './arm-wall.tsx';
import { ArmWall } from './arm-wall.tsx';
import { GAP, gridOf, wallsAbreast } from './geometry.ts';
import { TileMark } from './tile-mark.tsx';
import { WallTip } from './wall-tip.tsx';
import type { ArmWall as Arm, Order, Walls } from './wall-data.ts';
import { counted, orderOf, roundOfWall, wallsOf } from './wall-data.ts';
import './wall.css';

export interface WallPanelProps extends PictureFrame {
  readonly run: RunView | null;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
}

const COLUMNS = ['arm', 'seed', 'round', 'mode', 'id', 'input', 'key', 'answer', 'outcome'] as const;

const asCsv = ({ items, arms }: Walls, mode: Mode): string =>
  csv(
    COLUMNS,
    arms.flatMap(({ cell: { arm, seed }, rounds }) =>
      rounds.flatMap(({ round, tiles, answers }) =>
        items.map(({ id, input, output }, item) => ({
          ...{ arm: arm.name, seed, round, mode, id, input, key: output },
          ...{ answer: answers[item] ?? '', outcome: tiles[item] ?? 'absent' },
        })),
      ),
    ),
  );

function SeedChoice({
  seeds,
  seed,
  onSeed,
}: {
  readonly seeds: readonly number[];
  readonly seed: number;
  readonly onSeed: (seed: number) => void;
}): ReactNode {
  if (seeds.length < 2) return null;
  return (
    <Choice
      label="Seed"
      isLabelHidden
      value={String(seed)}
      options={seeds.map((one) => ({ id: String(one), title: `seed ${one}` }))}
      onChange={(next) => {
        onSeed(Number(next));
      }}
    />
  );
}

/** Counts of the round above a wall, and what happened since the base below it. */
function ArmColumn({
  arm,
  round,
  order,
  width,
  words,
  ...reading
}: Pick<Parameters<typeof ArmWall>[0], 'place' | 'onRead' | 'onFollow'> & {
  readonly arm: Arm;
  readonly round: number;
  readonly order: readonly number[];
  readonly width: number;
  readonly words: Readonly<Record<string, string>>;
}): ReactNode {
  const now = roundOfWall(arm, round);
  const tiles = useMemo(() => order.map((item) => now?.tiles[item] ?? 'absent'), [order, now]);
  const grid = useMemo(() => gridOf(order.length, width), [order.length, width]);
  const { method, nth } = arm;
  const { colour } = lookOf(arm);
  const counts = now === undefined ? [] : counted(tiles);
  const standing =
    now === undefined
      ? `no score in ${roundTitle(round)}`
      : counts.map(({ name, count }) => `${count} ${words[name] ?? ''}`).join(', ');
  const became = arm.rounds.length < 2 ? [] : arm.fates;
  return (
    <div className="wall-column">
      <h3>
        <ArmKey {...{ method, nth }} /> {arm.title}
      </h3>
      <p className="wall-counts">
        {now === undefined && standing}
        {counts.map(({ name, count }) => (
          <span key={name}>
            <TileMark tile={name} colour={colour} /> {count}
            <span className="sr-only"> {words[name]}, </span>
          </span>
        ))}
      </p>
      <ArmWall
        {...reading}
        label={`${arm.title}, ${roundTitle(round)}: ${standing}. Arrow keys read one item after the other, Enter follows it.`}
        tiles={tiles}
        grid={grid}
        colour={colour}
      />
      <p className="wall-counts">
        {became.map(({ name, count }) => (
          <span key={name}>
            {count} {FATE_WORDS[name]}
          </span>
        ))}
      </p>
    </div>
  );
}

/** What the tiles come to stand in. */
const FATES_IN_ORDER = `First ${listed(FATES.map((fate) => FATE_WORDS[fate]))}.`;

/** null follows the run. */
interface Chosen {
  readonly seed: number | null;
  readonly round: number | null;
  readonly order: Order;
}
const FOLLOW: Chosen = { seed: null, round: null, order: 'drawn' };
/** By run: who comes back from Follow finds the wall as it was. */
const useChosen = keptState<Chosen>();

export function WallPanel({ run, mode, onMode, ...frame }: WallPanelProps): ReactNode {
  const actions = useActions();
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const seeds = run?.setup.seeds ?? [];
  const [chosen, choose] = useChosen(run?.id ?? '', () => FOLLOW);
  const { order } = chosen;
  const [read, setRead] = useState<Read | null>(null);
  const current = run?.cells.find(({ key }) => key === run.current)?.seed;
  const seed = chosen.seed ?? current ?? seeds[0] ?? 0;
  const walls = useMemo(
    () => (run === null ? { items: [], arms: [], newest: 0, last: 1 } : wallsOf(run, seed, mode)),
    [run, seed, mode],
  );
  const round = Math.min(chosen.round ?? walls.newest, walls.last);
  const places = useMemo(() => orderOf(walls, order), [walls, order]);
  const { kind } = run?.task.definition ?? { kind: 'classification' };
  const words = TILE_WORDS[kind];
  const abreast = wallsAbreast(width, walls.arms.length);
  const own = Math.floor((width - (abreast - 1) * GAP) / abreast);
  const item = read === null ? null : (places[read.place] ?? null);
  const follow = useCallback(
    (wanted: number, cell: string | null) => {
      const row = walls.items[wanted];
      if (row === undefined) return;
      actions.pin(row.input, row.id);
      actions.setPinned({ cell, mode });
      goTo('follow');
    },
    [actions, walls.items, mode],
  );
  const isEmpty = walls.items.length === 0;
  return (
    <FigureFrame
      className="wall"
      title="The wall"
      subject={`a tile for each test item, ${mode}, ${roundTitle(round)}${seeds.length > 1 ? `, seed ${seed}` : ''}`}
      {...frame}
      name={`${frame.name}-wall-${mode}`}
      figures={() => asCsv(walls, mode)}
      isEmpty={isEmpty}
      switches={
        <>
          <SeedChoice
            seeds={seeds}
            seed={seed}
            onSeed={(next) => {
              choose({ ...chosen, seed: next });
            }}
          />
          <Choice
            label="Order of the tiles"
            isLabelHidden
            value={order}
            options={[
              { id: 'drawn', title: 'as drawn' },
              ...walls.arms.map(({ cell, title }) => ({
                id: `fate ${cell.arm.name}` as const,
                title: `by what ${title} did`,
                note: FATES_IN_ORDER,
              })),
            ]}
            onChange={(next) => {
              choose({ ...chosen, order: next });
            }}
          />
          <Segments label="Mode" value={mode} options={MODES} onChange={onMode} />
        </>
      }
      legend={
        <ul className="legend" aria-label="Tiles">
          {(['right', 'wrong', 'none'] as const).map((tile) => (
            <li key={tile}>
              <TileMark tile={tile} colour="var(--ink-soft)" />
              <span>{words[tile]}</span>
            </li>
          ))}
        </ul>
      }
      note={
        <p className="chart-note">
          One tile is one test item; it keeps its place in every round and arm. Below a wall: its items from
          the base to its last round; mended and broken ones changed once, those to and fro more often.
          <span className="no-picture"> Press a tile to follow its item.</span>
        </p>
      }
    >
      <div className="wall-round">
        <b>{roundTitle(round)}</b>
        <Slider
          label="Round of the wall"
          value={round}
          most={walls.last}
          onChange={(next) => {
            choose({ ...chosen, round: next });
          }}
        />
        <span className="no-picture faint small">of {walls.last}</span>
      </div>
      <div ref={host} className="walls" style={{ gridTemplateColumns: `repeat(${abreast}, minmax(0, 1fr))` }}>
        {isEmpty ? (
          <p className="faint walls-empty">
            {run !== null && isOver(run)
              ? `This run has scored no round ${mode}: there are no tiles.`
              : `Each test item will be a tile here, as soon as a round has been scored ${mode}.`}
          </p>
        ) : (
          own > 0 &&
          walls.arms.map((arm) => (
            <ArmColumn
              key={arm.cell.key}
              {...{ arm, round, words, order: places, width: own, place: read?.place ?? null }}
              onRead={setRead}
              onFollow={(place) => {
                follow(places[place] ?? -1, arm.cell.key);
              }}
            />
          ))
        )}
      </div>
      <div className="wall-said" aria-live={read?.isByKeys === true ? 'polite' : 'off'}>
        {read !== null && item !== null && <WallTip {...{ walls, item, round, words, tile: read.tile }} />}
      </div>
    </FigureFrame>
  );
}
