/** @file What a step would take on this device. */
import type { ReactNode } from 'react';
import { formatSeconds } from '../words/numbers.ts';

export const Price = ({ seconds }: { readonly seconds: number | null }): ReactNode =>
  seconds === null ? null : <span className="faint">About {formatSeconds(seconds)} here.</span>;
