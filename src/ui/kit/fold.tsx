/** @file A part of the page that opens and closes. */
import type { ReactNode } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import './fold.css';

export interface FoldProps {
  readonly title: ReactNode;
  /** 2 to 4, by where it stands. */
  readonly level?: 2 | 3 | 4;
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}

export function Fold({ title, level = 3, isOpen = false, children }: FoldProps): ReactNode {
  return (
    <Disclosure className="fold" defaultExpanded={isOpen}>
      <Heading level={level} className="fold-heading">
        <Button slot="trigger" className="fold-button">
          <svg className="fold-mark" width="8" height="10" viewBox="0 0 8 10" aria-hidden="true">
            <path d="M1.5 1l5 4-5 4" fill="none" stroke="currentColor" strokeWidth="1.6" />
          </svg>
          {title}
        </Button>
      </Heading>
      <DisclosurePanel className="fold-panel">{children}</DisclosurePanel>
    </Disclosure>
  );
}
