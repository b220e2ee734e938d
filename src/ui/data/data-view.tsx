/** @file Data & models: the tasks and models that are here, more of them, and what this page keeps. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Header, ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components';
import { Choice } from '../kit/choice.tsx';
import { useMedia } from '../kit/use-media.ts';
import { forgetPlace, placeGoneTo } from '../go-to.ts';
import { useLab } from '../lab-context.ts';
import { formatBytes } from '../words/numbers.ts';
import { Guide } from './guide.tsx';
import { ImportPane } from './import-pane.tsx';
import { ModelLoadPane } from './model-load-pane.tsx';
import { ModelPane } from './model-pane.tsx';
import { StoragePane } from './storage-pane.tsx';
import { TaskPane } from './task-pane.tsx';
import './data.css';

interface Place {
  readonly id: string;
  readonly title: string;
  readonly note: string;
}
interface Section {
  readonly title: string;
  readonly places: readonly Place[];
}

const KINDS = {
  classification: 'classification',
  generation: 'generation',
  'multiple-choice': 'multiple choice',
} as const;

function useSections(): readonly Section[] {
  const cards = useLab((state) => state.tasks.cards);
  const chosen = useLab((state) => state.setup.setup.taskId);
  const model = useLab((state) => state.model.ref.name);
  const storage = useLab((state) => state.storage);
  return [
    {
      title: 'Tasks',
      places: [
        ...cards.map(({ definition: { id, kind }, origin }) => ({
          id: `task/${id}`,
          title: id,
          note: [id === chosen ? 'in use' : KINDS[kind], origin === 'imported' ? 'imported' : '']
            .filter((part) => part !== '')
            .join(', '),
        })),
        { id: 'import', title: 'Import a task…', note: 'CSV, JSON' },
        { id: 'guide', title: 'Your own data', note: 'guide' },
      ],
    },
    {
      title: 'Models',
      places: [
        { id: 'model', title: model, note: 'in use' },
        { id: 'load', title: 'Load a model…', note: 'folder, Hub' },
      ],
    },
    {
      title: 'Kept',
      places: [{ id: 'storage', title: 'Storage', note: `${formatBytes(storage.usedBytes)} in use` }],
    },
  ];
}

function Nav(props: {
  readonly sections: readonly Section[];
  readonly place: string;
  readonly onGo: (place: string) => void;
}): ReactNode {
  const { sections, place, onGo } = props;
  const isWide = useMedia('(width >= 1000px)');
  if (!isWide) {
    return (
      <Choice
        label="Show"
        isRow
        value={place}
        options={sections.flatMap(({ places }) => places)}
        onChange={onGo}
      />
    );
  }
  return (
    <ListBox
      aria-label="Data and models"
      className="data-nav"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[place]}
      onSelectionChange={(keys) => {
        const found = sections
          .flatMap(({ places }) => places)
          .find(({ id }) => keys === 'all' || keys.has(id));
        if (found !== undefined) onGo(found.id);
      }}
    >
      {sections.map(({ title, places }) => (
        <ListBoxSection key={title} id={title} className="data-section">
          <Header className="data-section-title">{title}</Header>
          {places.map(({ id, title: name, note }) => (
            <ListBoxItem key={id} id={id} textValue={name} className="data-place">
              <span>{name}</span> <span className="field-note">{note}</span>
            </ListBoxItem>
          ))}
        </ListBoxSection>
      ))}
    </ListBox>
  );
}

export function DataView(): ReactNode {
  const sections = useSections();
  const cards = useLab((state) => state.tasks.cards);
  const chosenTask = useLab((state) => state.setup.setup.taskId);
  const [wanted, setWanted] = useState(placeGoneTo);
  useEffect(forgetPlace, []);
  const all = sections.flatMap(({ places }) => places.map(({ id }) => id));
  // Of a setup whose task is not here: where it can be brought in.
  const place = [wanted, `task/${chosenTask}`].find((id) => id !== null && all.includes(id)) ?? 'import';
  const card = cards.find(({ definition }) => place === `task/${definition.id}`);
  const showTask = (id: string) => {
    setWanted(`task/${id}`);
  };
  return (
    <div className="data-view">
      <div className="data-side">
        <Nav sections={sections} place={place} onGo={setWanted} />
      </div>
      <div className="data-main" key={place}>
        {card !== undefined && <TaskPane card={card} onShow={showTask} />}
        {place === 'import' && (
          <ImportPane
            onImported={showTask}
            onGuide={() => {
              setWanted('guide');
            }}
          />
        )}
        {place === 'guide' && <Guide />}
        {place === 'model' && <ModelPane />}
        {place === 'load' && <ModelLoadPane />}
        {place === 'storage' && <StoragePane />}
      </div>
    </div>
  );
}
