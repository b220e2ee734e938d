/** @file What a look beforehand found: its word, the figures, each reason with remedies to press. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { plural } from '../../../core/plural.ts';
import type { Reason } from '../../../analysis/readiness/word.ts';
import type { LabelNames } from '../../../analysis/readiness/mend.ts';
import type { Remedy } from '../../../analysis/readiness/remedies.ts';
import type { ReadinessView } from '../../../store/readiness/readiness-state.ts';
import { changedSince } from '../../../store/readiness/stale.ts';
import { goTo } from '../../go-to.ts';
import { Button } from '../../kit/button.tsx';
import { Fold } from '../../kit/fold.tsx';
import { keptState } from '../../kit/kept-state.ts';
import { useActions, useLab } from '../../lab-context.ts';
import { FaultBox } from '../../shell/messages.tsx';
import { listed } from '../../words/numbers.ts';
import { armTitle } from '../../../words/arm-title.ts';
import { OwnPlace } from '../map/own-place.tsx';
import { useMapFile } from '../map/use-map-file.ts';
import { CheckFigures } from './check-figures.tsx';
import { DoctorChoice } from './doctor-choice.tsx';
import { LabelsEditor } from './labels-editor.tsx';
import { LookProgress } from './look-progress.tsx';
import './check.css';

const WORDS = {
  ready: 'A run can work',
  doubtful: 'A run may not work',
  'not ready': 'A run cannot work',
} as const;
const WEIGHTS = { stops: 'Stops it', doubts: 'Doubt', tells: 'To know' } as const;

function titleOf({ work, found, choice, fault }: ReadinessView): string {
  if (work === 'templates') return 'Trying templates';
  if (found !== null)
    return work === null
      ? WORDS[found.word]
      : `So far, on ${plural(found.shares['few-shot'].items, 'row')}: ${WORDS[found.word].toLowerCase()}`;
  if (choice !== null) return 'Templates tried';
  if (work === 'rows') return 'Asking a few rows';
  return fault === null ? 'Stopped before there was an answer' : 'The look beforehand failed';
}

interface RemedyButtonProps {
  readonly remedy: Remedy;
  readonly onNames: (names: LabelNames) => void;
}

function RemedyButton({ remedy, onNames }: RemedyButtonProps): ReactNode {
  const actions = useActions();
  const press = () => {
    if (remedy.kind === 'model') goTo('data', 'load');
    else if (remedy.kind === 'labels' && remedy.isSaid !== true) onNames(remedy.names);
    else void actions.beforehand((looks) => looks.applyRemedy(remedy));
  };
  return <Button onPress={press}>{remedy.words}</Button>;
}

interface ReasonsProps extends Pick<RemedyButtonProps, 'onNames'> {
  readonly reasons: readonly Reason[];
  /** Remedies can be pressed. */
  readonly isOpen: boolean;
}

function Reasons({ reasons, isOpen, onNames }: ReasonsProps): ReactNode {
  return (
    <ul className="check-reasons">
      {reasons.map(({ code, weight, text, remedies }) => (
        <li key={code} className={`is-${weight}`}>
          <p>
            <b>{WEIGHTS[weight]}.</b> {text}
          </p>
          {isOpen && remedies.length > 0 && (
            <div className="button-row">
              {remedies.map((remedy) => (
                <RemedyButton key={remedy.words} remedy={remedy} onNames={onNames} />
              ))}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

/** What has changed since, with the press that looks again. */
function Stale({ view }: { readonly view: ReadinessView }): ReactNode {
  const changed = useLab((state) => changedSince(view.of, state).join('|'));
  const actions = useActions();
  if (changed === '' || view.work !== null) return null;
  return (
    <p className="check-stale" role="status">
      Changed since: {listed(changed.split('|'))}. What stands here is of before.{' '}
      <Button onPress={() => void actions.beforehand((looks) => looks.checkFirst())}>Check again</Button>
    </p>
  );
}

/** What the map tells of it. */
function Place(): ReactNode {
  const file = useMapFile();
  if (file == null) return null;
  return (
    <Fold level={3} title="Its place on the map">
      <div className="check-place">
        <OwnPlace file={file} />
      </div>
    </Fold>
  );
}

/** Which look stood open, and beside which run. */
interface Opened {
  readonly of: unknown;
  readonly run: string | null;
}
const useOpened = keptState<Opened>();

/** A run that begins after the look takes its place: the word stays, the rest is folded until it is asked for. */
function useFolded(of: unknown): readonly [isFolded: boolean, toggle: (() => void) | null] {
  const run = useLab((state) => state.run?.id ?? null);
  const [opened, setOpened] = useOpened('look', () => ({ of, run }));
  if (opened.of !== of) setOpened({ of, run });
  const isFolded = opened.of === of && run !== null && opened.run !== run;
  const toggle = () => {
    setOpened({ of, run: isFolded ? run : null });
  };
  return [isFolded, run === null ? null : toggle];
}

interface Edited {
  readonly of: unknown;
  readonly names: LabelNames;
}

/** All but the word. */
function Found({ view }: { readonly view: ReadinessView }): ReactNode {
  const { of, work, share, note, found, choice, fault } = view;
  const [edited, setEdited] = useState<Edited | null>(null);
  const names = edited?.of === of ? edited.names : null;
  return (
    <>
      <p className="small soft">
        {armTitle(of.arm.name, of.arm.method)} on {of.task.definition.id} with {of.model.name}, seed {of.seed}
        {found === null ? '; rows' : `; ${plural(found.shares['few-shot'].items, 'row')}`} of validation,
        probe and pool, none of the test.
      </p>
      <Stale view={view} />
      {work !== null && (
        <LookProgress label={work === 'rows' ? 'Asking' : 'Racing'} share={share} note={note} />
      )}
      {fault !== null && <FaultBox fault={fault} />}
      {found !== null && (
        <>
          <CheckFigures {...found} />
          <Reasons
            reasons={found.reasons}
            isOpen={work === null}
            onNames={(suggested) => {
              setEdited({ of, names: suggested });
            }}
          />
          {work === null && <Place />}
        </>
      )}
      {names !== null && (
        <LabelsEditor
          task={of.task}
          suggested={names}
          onDone={() => {
            setEdited(null);
          }}
        />
      )}
      {choice !== null && <DoctorChoice choice={choice} />}
    </>
  );
}

function Look({ view }: { readonly view: ReadinessView }): ReactNode {
  const actions = useActions();
  const { of, found } = view;
  const [isFolded, toggle] = useFolded(of);
  return (
    <section className={isFolded ? 'check is-folded' : 'check'} aria-labelledby="check-title">
      <div className="check-head">
        {isFolded && <span className="small soft">Checked before:</span>}
        <h2
          id="check-title"
          role="status"
          className={found === null ? '' : `is-${found.word.replace(' ', '-')}`}
        >
          {titleOf(view)}
        </h2>
        <span className="check-head-buttons">
          {toggle !== null && (
            <Button
              look="quiet"
              aria-expanded={!isFolded}
              aria-label={isFolded ? 'Open the look beforehand' : 'Fold the look beforehand'}
              onPress={toggle}
            >
              {isFolded ? 'Open' : 'Fold'}
            </Button>
          )}
          <Button
            look="quiet"
            aria-label="Close the look beforehand"
            onPress={() =>
              void actions.beforehand((looks) => {
                looks.closeCheck();
              })
            }
          >
            Close
          </Button>
        </span>
      </div>
      {!isFolded && <Found view={view} />}
    </section>
  );
}

export function CheckPanel(): ReactNode {
  const view = useLab((state) => state.readiness);
  return view === null ? null : <Look view={view} />;
}
