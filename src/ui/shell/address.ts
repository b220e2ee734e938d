/**
 * @file The address: `#/VIEW?SETUP`, or `#/run?play=NAME` for a recorded run that ships with the page. The view is the shell's, the setup with its seeds is the store's own words
 * (SetupView.hash), so that a link opens the same view of the same run.
 */
import { useEffect, useState } from 'react';
import { useActions, useLab } from '../lab-context.ts';
import type { RecordedName } from '../../words/recorded.ts';
import { RECORDED_NAMES, playAddress } from '../../words/recorded.ts';
import { VIEWS, isView } from './views.ts';

export interface Address {
  readonly view: string;
  /** What the address calls a view, where the page has none of that name: the first is opened. */
  readonly unknown?: string;
  /** null where there is no address at all: the page as it opens. '' is a setup that says nothing, as every address of
   * the default one did before they had versions. */
  readonly setup: string | null;
  /** A recorded run to be played. */
  readonly play?: RecordedName;
}

const [HOME] = VIEWS;

/** Any other text behind '#' is taken for a setup alone. */
export function readAddress(hash: string): Address {
  const text = hash.replace(/^#/, '');
  const play = RECORDED_NAMES.find((name) => text === playAddress(name));
  if (play !== undefined) return { view: HOME.id, setup: null, play };
  const match = /^\/([a-z-]*)(?:\?(.*))?$/.exec(text);
  if (match === null) return { view: HOME.id, setup: text === '' ? null : text };
  const [, view = '', setup = ''] = match;
  if (view === '' || isView(view)) return { view: view === '' ? HOME.id : view, setup };
  return { view: HOME.id, unknown: view, setup };
}

const writeAddress = (view: string, setup: string): string => `#/${view}?${setup}`;

/** The view in the address, and how to go to another. Keeps the setup in the address, and applies one that is put there
 * later; the one that the page was opened with is main.tsx's. */
export function useAddress(): readonly [view: string, go: (view: string) => void] {
  const setup = useLab((state) => state.setup.hash);
  const actions = useActions();
  const [view, setView] = useState(() => readAddress(window.location.hash).view);
  useEffect(() => {
    const apply = (hash: string) => {
      const address = readAddress(hash);
      setView(address.view);
      if (address.unknown !== undefined)
        actions.notify(
          `The address names the view “${address.unknown}”, which there is not: this is ${HOME.title}.`,
        );
      if (address.play !== undefined) void actions.playRecorded(address.play);
      // A view alone is a step within the page.
      if (address.setup !== null && address.setup !== '') actions.applyHash(address.setup);
    };
    // The event's own address: by the time it is told, another setup may have been written over it.
    const read = ({ newURL }: HashChangeEvent) => {
      apply(new URL(newURL).hash);
    };
    // Changed between the page's first reading and now, nobody was there to be told.
    apply(window.location.hash);
    window.addEventListener('hashchange', read);
    return () => {
      window.removeEventListener('hashchange', read);
    };
  }, [actions]);
  useEffect(() => {
    const wanted = writeAddress(view, setup);
    // Another setup is no step to go back over; replaceState also tells no hashchange.
    if (window.location.hash !== wanted) window.history.replaceState(null, '', wanted);
  }, [view, setup]);
  const go = (next: string) => {
    if (next === view) return;
    window.history.pushState(null, '', writeAddress(next, setup));
    setView(next);
  };
  return [view, go];
}
