/** @file Something that stands over the page until it is closed: Escape, a press beside it, or its own buttons. */
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import './sheet.css';

export interface SheetProps {
  readonly title: string;
  /** For what cannot be taken back: a press beside it does not close it. */
  readonly isAlert?: boolean;
  /** false where the content names itself. */
  readonly hasHeading?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Sheet({
  title,
  isAlert = false,
  hasHeading = true,
  onClose,
  children,
}: SheetProps): ReactNode {
  return (
    <ModalOverlay
      className="sheet-ground"
      isOpen
      isDismissable={!isAlert}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="sheet">
        <Dialog
          className="sheet-body"
          role={isAlert ? 'alertdialog' : 'dialog'}
          {...(hasHeading ? {} : { 'aria-label': title })}
        >
          {hasHeading && (
            <Heading slot="title" level={2}>
              {title}
            </Heading>
          )}
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
