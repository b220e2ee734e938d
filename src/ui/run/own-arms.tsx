/** @file Under the title of a run: what its arms are that have names of their own. Came late: not in the first script. */
import type { ReactNode } from 'react';
import type { Setup } from '../../store/setup/setup-shape.ts';
import { ownArmsWords } from '../words/own-arms.ts';

export function OwnArms({ setup }: { readonly setup: Setup }): ReactNode {
  const words = ownArmsWords(setup);
  return words.length === 0 ? null : <p className="picture-arms small soft">{words.join(' ')}</p>;
}
