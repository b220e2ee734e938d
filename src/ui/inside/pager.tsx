/** @file One of many, with the ways to the one before and the next. */
import type { ReactNode } from 'react';
import { Button } from '../kit/button.tsx';

export interface PagerProps {
  /** What is counted, e.g. "prompt". */
  readonly noun: string;
  /** From 0. */
  readonly at: number;
  readonly count: number;
  readonly onTurn: (at: number) => void;
}

export function Pager({ noun, at, count, onTurn }: PagerProps): ReactNode {
  return (
    <div className="pager">
      <Button
        aria-label={`${noun.charAt(0).toUpperCase()}${noun.slice(1)} before`}
        isDisabled={at <= 0}
        onPress={() => {
          onTurn(at - 1);
        }}
      >
        ‹
      </Button>
      <span>
        {noun} <b>{at + 1}</b> of {count}
      </span>
      <Button
        aria-label={`Next ${noun}`}
        isDisabled={at >= count - 1}
        onPress={() => {
          onTurn(at + 1);
        }}
      >
        ›
      </Button>
    </div>
  );
}
