/** @file The frame of every view: name, tabs, device, link, colours; messages; the view; the sentence at the bottom. */
import type { ReactNode } from 'react';
import { Suspense } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { adviseOnOrigin } from '../../store/setup/advice.ts';
import { useActions, useLab } from '../lab-context.ts';
import { useAddress } from './address.ts';
import { Button } from '../kit/button.tsx';
import { DeviceBadge } from './device-badge.tsx';
import { Interrupted } from './interrupted.tsx';
import { AdviceNote, FaultBox, NoticeBox } from './messages.tsx';
import { ShareButton } from './share-button.tsx';
import { Announcer, StatusLine } from './status-line.tsx';
import { SilentWorkers, Unkept } from './standing.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { PartBoundary, ViewBoundary } from './view-boundary.tsx';
import { VIEWS } from './views.ts';
import './shell.css';

function Messages(): ReactNode {
  const surroundings = useLab((state) => state.surroundings);
  const faults = useLab((state) => state.faults);
  const notices = useLab((state) => state.notices);
  const modelFault = useLab((state) => state.model.fault);
  const isBundled = useLab((state) => state.model.ref.kind === 'bundled');
  const taskFault = useLab((state) => state.tasks.fault);
  const actions = useActions();
  const advice = adviseOnOrigin(surroundings);
  return (
    <div className="messages">
      {advice !== null && <AdviceNote advice={advice} />}
      <Interrupted />
      <Unkept />
      <SilentWorkers />
      {modelFault !== null && (
        <FaultBox
          title="The model could not be loaded"
          fault={modelFault}
          buttons={
            <Button onPress={() => void actions.loadBundled()}>
              {isBundled ? 'Try again' : 'Back to the bundled model'}
            </Button>
          }
        />
      )}
      {taskFault !== null && <FaultBox title="The task could not be read" fault={taskFault} />}
      {faults.map((fault, i) => (
        <FaultBox
          key={`${fault.code} ${i}`}
          fault={fault}
          onDismiss={() => {
            actions.dismissFault(fault);
          }}
        />
      ))}
      {notices.map(({ id, text }) => (
        <NoticeBox
          key={id}
          text={text}
          onDismiss={() => {
            actions.dismissNotice(id);
          }}
        />
      ))}
    </div>
  );
}

export function Shell(): ReactNode {
  const [view, go] = useAddress();
  return (
    <Tabs
      className="shell"
      selectedKey={view}
      onSelectionChange={(key) => {
        go(String(key));
      }}
    >
      <header className="masthead">
        <h1>Bootlace</h1>
        <TabList className="tabs" aria-label="Views">
          {VIEWS.map(({ id, title }) => (
            <Tab key={id} id={id} className="tab">
              {title}
            </Tab>
          ))}
        </TabList>
        <div className="masthead-end">
          <DeviceBadge />
          <ShareButton />
          <ThemeSwitch />
        </div>
      </header>
      <PartBoundary title="The messages">
        <Messages />
      </PartBoundary>
      <main className="stage">
        {VIEWS.map(({ id, title, Component }) => (
          <TabPanel key={id} id={id} className="view">
            <ViewBoundary title={title} isListing={id === 'compare'}>
              <Suspense fallback={<p className="view-loading">Opening the view.</p>}>
                <Component />
              </Suspense>
            </ViewBoundary>
          </TabPanel>
        ))}
      </main>
      <PartBoundary title="The sentence at the bottom">
        <StatusLine />
        <Announcer />
      </PartBoundary>
    </Tabs>
  );
}
