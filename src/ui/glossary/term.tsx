/** @file A word that explains itself on hover, focus and press. Views put it around the papers' terms. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import type { TermId } from './terms.ts';
import { termOf } from './terms.ts';
import './term.css';

export interface TermProps {
  readonly id: TermId;
  /** The word as the sentence has it; the entry's title by default. */
  readonly children?: string;
}

export function Term({ id, children }: TermProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const { title, text, source } = termOf(id);
  return (
    // A finger neither hovers nor focuses: there a press opens it.
    <TooltipTrigger
      delay={150}
      closeDelay={100}
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      shouldCloseOnPress={false}
    >
      <Button
        className="term"
        onPress={() => {
          setIsOpen(true);
        }}
      >
        {children ?? title}
      </Button>
      {/* A word joiner: the comma behind the word stays with it. */}
      {'\u2060'}
      <Tooltip className="term-tip" placement="top" offset={6}>
        <b>{title}</b>
        <p>{text}</p>
        {source !== '' && <p className="faint">{source}</p>}
      </Tooltip>
    </TooltipTrigger>
  );
}
