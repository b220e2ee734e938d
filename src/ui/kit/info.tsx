/** @file A question mark that explains a word: by pointer, finger and keyboard alike. */
import type { ReactNode } from 'react';
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import './info.css';

export interface InfoProps {
  /** What is explained. */
  readonly subject: string;
  readonly children: ReactNode;
}

export function Info({ subject, children }: InfoProps): ReactNode {
  return (
    <DialogTrigger>
      <Button className="info-button no-picture" aria-label={`What is ${subject}?`}>
        ?
      </Button>
      <Popover className="info-popover" placement="bottom">
        <Dialog className="info-dialog" aria-label={subject}>
          {children}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
