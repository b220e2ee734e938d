/** @file Above all that could be run of a run on the page: what this page lacks for it. */
import type { ReactNode } from 'react';
import type { Setup } from '../../store/setup/setup-shape.ts';
import { useLab } from '../lab-context.ts';
import { LACK_ID, lackOf } from './price.tsx';

export function LackNote({ setup }: { readonly setup: Setup }): ReactNode {
  const lack = useLab(({ model, tasks }) => lackOf(setup, { loaded: model.ref, cards: tasks.cards }));
  return lack === null ? null : (
    <p id={LACK_ID} className="small soft">
      {lack}
    </p>
  );
}
