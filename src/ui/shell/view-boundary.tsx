/**
 * @file Where a view that throws is caught: the rest of the page goes on, and in the view's place stands what happened
 * and what can be done with the runs it was showing. Another run on the page, and the view is tried anew.
 */
import type { ReactNode } from 'react';
import { Component } from 'react';
import type { LabModel } from '../../store/lab-model.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { Rescue } from './rescue.tsx';
import './messages.css';

interface CatcherProps {
  /** The view is tried anew when this changes. */
  readonly shown: string;
  readonly fallback: (thrown: unknown, again: () => void) => ReactNode;
  readonly children: ReactNode;
}
interface CatcherState {
  readonly caught: { readonly thrown: unknown } | null;
  readonly shown: string;
}

class Catcher extends Component<CatcherProps, CatcherState> {
  override state: CatcherState = { caught: null, shown: this.props.shown };

  static getDerivedStateFromError(thrown: unknown): Partial<CatcherState> {
    return { caught: { thrown } };
  }

  static getDerivedStateFromProps({ shown }: CatcherProps, state: CatcherState): CatcherState | null {
    return shown === state.shown ? null : { caught: null, shown };
  }

  override render(): ReactNode {
    const { caught } = this.state;
    if (caught === null) return this.props.children;
    return this.props.fallback(caught.thrown, () => {
      this.setState({ caught: null });
    });
  }
}

/** Ids of what the views show. */
const shownRuns = ({ run, overlays }: LabModel): string =>
  JSON.stringify([run?.id ?? null, overlays.map(({ id }) => id)]);

/** And of what Compare lists: a run less there, and it is tried anew. */
const listedRuns = (model: LabModel): string =>
  `${shownRuns(model)} ${JSON.stringify(model.runs.map(({ id }) => id))}`;

/** Runs that may be the cause: of Compare each that it lists. */
const MOST_LISTED = 50;
function useSuspects(isListing: boolean): readonly { readonly id: string; readonly name: string }[] {
  const run = useLab((state) => state.run);
  const overlays = useLab((state) => state.overlays);
  const runs = useLab((state) => state.runs);
  const all = [...(run === null ? [] : [run]), ...(isListing ? [...overlays, ...runs] : [])];
  return [...new Map(all.map(({ id, name }) => [id, name]))]
    .slice(0, MOST_LISTED)
    .map(([id, name]) => ({ id, name }));
}

const LONGEST = 300;
const wordsOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, LONGEST);

interface BrokenProps {
  readonly title: string;
  readonly isListing: boolean;
  readonly thrown: unknown;
  readonly again: () => void;
}

function Broken({ title, isListing, thrown, again }: BrokenProps): ReactNode {
  const suspects = useSuspects(isListing);
  const current = useLab((state) => state.run?.id ?? null);
  const actions = useActions();
  return (
    <section className="message is-fault" role="alert" aria-label={`${title} cannot be shown`}>
      <div className="message-body">
        <h3>{title} cannot be shown</h3>
        <p>
          <b>{wordsOf(thrown)}</b>
        </p>
        <p>
          The rest of the page goes on, and nothing is lost. This is a defect of the lab; please report it.
        </p>
        <p className="message-foot">
          <Button onPress={again}>Try again</Button>
          <Button
            look="quiet"
            onPress={() => {
              window.location.reload();
            }}
          >
            Reload the page
          </Button>
        </p>
        {suspects.length > 0 && (
          <ul className="broken-runs">
            {suspects.map(({ id, name }) => (
              <li key={id}>
                <span>“{name}”</span>
                <Rescue id={id} name={name}>
                  {id === current && (
                    <Button
                      onPress={() => {
                        actions.reset();
                      }}
                    >
                      Take it off the page
                    </Button>
                  )}
                </Rescue>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

export interface ViewBoundaryProps {
  readonly title: string;
  /** It shows the whole list of past runs, so any of them may be the cause. */
  readonly isListing?: boolean;
  readonly children: ReactNode;
}

export function ViewBoundary({ title, isListing = false, children }: ViewBoundaryProps): ReactNode {
  const shown = useLab(isListing ? listedRuns : shownRuns);
  return (
    <Catcher shown={shown} fallback={(thrown, again) => <Broken {...{ title, isListing, thrown, again }} />}>
      {children}
    </Catcher>
  );
}

/** A part of the frame: a line of text in its place, no more. */
export function PartBoundary({ title, children }: Omit<ViewBoundaryProps, 'isListing'>): ReactNode {
  const shown = useLab(shownRuns);
  return (
    <Catcher
      shown={shown}
      fallback={(thrown, again) => (
        <p className="broken-part" role="alert">
          {title} cannot be shown: {wordsOf(thrown)}{' '}
          <Button look="quiet" onPress={again}>
            Try again
          </Button>
        </p>
      )}
    >
      {children}
    </Catcher>
  );
}
