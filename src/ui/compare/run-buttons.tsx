/** @file What can be done with a past run: go on, open, play, rename, export, delete. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { LONGEST_NAME } from '../../core/bounds.ts';
import type { RunCard } from '../../store/live/run-state.ts';
import { save } from '../charts/download.ts';
import { goTo } from '../go-to.ts';
import { Button } from '../kit/button.tsx';
import { Sheet } from '../kit/sheet.tsx';
import { TextBox } from '../kit/text-box.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { formatBytes } from '../words/numbers.ts';
import { canGoOn } from './run-facts.ts';

interface AskProps {
  readonly card: RunCard;
  readonly onClose: () => void;
}

function Rename({ card, onClose }: AskProps): ReactNode {
  const actions = useActions();
  const [name, setName] = useState(card.name);
  const fault =
    name.trim() === ''
      ? 'A run needs a name.'
      : name.trim().length > LONGEST_NAME
        ? `A name has at most ${LONGEST_NAME} characters; this one has ${name.trim().length}.`
        : null;
  return (
    <Sheet title="Rename the run" onClose={onClose}>
      <form
        className="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault !== null) return;
          void actions.renameRun(card.id, name);
          onClose();
        }}
      >
        <TextBox label="Name" value={name} fault={fault} onChange={setName} />
        <div className="sheet-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button look="strong" type="submit" isDisabled={fault !== null}>
            Rename
          </Button>
        </div>
      </form>
    </Sheet>
  );
}

function Delete({ card, onClose }: AskProps): ReactNode {
  const actions = useActions();
  return (
    <Sheet title="Delete this run?" isAlert onClose={onClose}>
      <p>
        “{card.name}” goes with its samples, scores and adapters ({formatBytes(card.bytes)}). This cannot be
        undone; Export keeps it as a file.
      </p>
      <div className="sheet-foot">
        <Button autoFocus onPress={onClose}>
          Keep it
        </Button>
        <Button
          look="strong"
          onPress={() => {
            void actions.deleteRun(card.id);
            onClose();
          }}
        >
          Delete
        </Button>
      </div>
    </Sheet>
  );
}

const REST = [
  { id: 'play', title: 'Play as a replay' },
  { id: 'rename', title: 'Rename' },
  { id: 'export', title: 'Export as a file' },
  { id: 'delete', title: 'Delete' },
] as const;

export interface RunButtonsProps {
  readonly card: RunCard;
  /** It is going on in this page: it is neither played nor deleted from here. */
  readonly isLive: boolean;
}

export function RunButtons({ card, isLive }: RunButtonsProps): ReactNode {
  const actions = useActions();
  const isBusy = useLab(
    ({ run, model }) =>
      model.status !== 'ready' ||
      (run?.kind === 'live' && (run.status === 'running' || run.status === 'paused')),
  );
  const [asks, setAsks] = useState<'rename' | 'delete' | null>(null);
  const { id, name } = card;
  const onClose = () => {
    setAsks(null);
  };
  const act = (what: (typeof REST)[number]['id']) => {
    switch (what) {
      case 'play':
        void actions.playRun(id);
        goTo('run');
        return;
      case 'export':
        void actions.exportRun(id).then((file) => {
          if (file !== null) save(file.name, new Blob([file.bytes], { type: file.type }));
        });
        return;
      case 'rename':
      case 'delete':
        setAsks(what);
    }
  };
  return (
    <div className="run-buttons">
      {canGoOn(card) && (
        <Button
          aria-label={`Go on with ${name}`}
          isDisabled={isBusy}
          onPress={() => {
            void actions.continueRun(id);
            goTo('run');
          }}
        >
          Go on
        </Button>
      )}
      <Button
        aria-label={`Open ${name}`}
        onPress={() => {
          void actions.openRun(id);
          goTo('run');
        }}
      >
        Open
      </Button>
      <MenuTrigger>
        <Button aria-label={`More for ${name}`}>
          <span aria-hidden="true">⋯</span>
        </Button>
        <Popover className="choice-popover" placement="bottom end">
          <Menu
            className="choice-list"
            aria-label={`What to do with ${name}`}
            disabledKeys={isLive ? ['play', 'delete'] : card.isElsewhere ? ['delete'] : []}
            onAction={(key) => {
              const found = REST.find((item) => item.id === key);
              if (found !== undefined) act(found.id);
            }}
          >
            {REST.map((item) => (
              <MenuItem key={item.id} id={item.id} className="choice-item">
                {item.title}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {asks === 'rename' && <Rename card={card} onClose={onClose} />}
      {asks === 'delete' && <Delete card={card} onClose={onClose} />}
    </div>
  );
}
