/** @file What a step would take on this device: time, or first a model that is not loaded. */
import type { ReactNode } from 'react';
import type { SetupPrice } from '../../store/setup/setup-state.ts';
import { formatSeconds } from '../words/numbers.ts';

const inWords = ({ absent, seconds }: SetupPrice): string => {
  if (absent !== null) return `Needs ${absent.name}, which is not loaded.`;
  return seconds === null ? '' : `About ${formatSeconds(seconds)} here.`;
};

export const Price = ({ of }: { readonly of: SetupPrice }): ReactNode => (
  <span className="faint">{inWords(of)}</span>
);
