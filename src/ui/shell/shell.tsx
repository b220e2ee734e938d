/** @file The frame of every view: name, tabs, device, link, colours; messages; the view; the sentence at the bottom. */
import type { ReactNode } from 'react';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { adviseOnOrigin } from '../../store/setup/advice.ts';
import type { Fault } from '../../store/lab-state.ts';
import { goTo } from '../go-to.ts';
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

/** Milliseconds in which nobody has read a message: one that came as the view was left goes along. */
const UNREAD_MS = 2000;

/** A message is of the view that it came in: who goes to another has done with it. What is amiss for as long as it is stands
 * by itself (standing.tsx). */
function useLeft<T>(view: string, messages: readonly T[], dismiss: (message: T) => void): void {
  const came = useRef(new Map<T, { readonly view: string; readonly at: number }>());
  const dismissed = useRef(dismiss);
  useEffect(() => {
    dismissed.current = dismiss;
  }, [dismiss]);
  useEffect(() => {
    for (const [message, { view: own, at }] of came.current) {
      if (own === view || performance.now() - at < UNREAD_MS) continue;
      came.current.delete(message);
      dismissed.current(message);
    }
  }, [view]);
  useEffect(() => {
    for (const message of messages)
      if (!came.current.has(message)) came.current.set(message, { view, at: performance.now() });
  }, [messages, view]);
}

function useLeftMessages(view: string): void {
  const notices = useLab((state) => state.notices);
  const faults = useLab((state) => state.faults);
  const actions = useActions();
  useLeft(view, notices, ({ id }) => {
    actions.dismissNotice(id);
  });
  useLeft(view, faults, (fault) => {
    actions.dismissFault(fault);
  });
}

/** Past the tabs, and in Run past the setup. */
function skip(): void {
  const main = document.querySelector<HTMLElement>('main');
  (main?.querySelector<HTMLElement>('.controls .is-large:enabled') ?? main)?.focus();
}

/** Put away, it stands on at the setup's task and in the sentence at the bottom. */
function TaskFault({ view }: { readonly view: string }): ReactNode {
  const fault = useLab((state) => state.tasks.fault);
  const [dismissed, setDismissed] = useState<Fault | null>(null);
  if (fault === null || fault === dismissed) return null;
  return (
    <FaultBox
      title="There is no task to run"
      fault={fault}
      buttons={
        view !== 'data' && (
          <Button
            onPress={() => {
              goTo('data', 'import');
            }}
          >
            Import a task
          </Button>
        )
      }
      onDismiss={() => {
        setDismissed(fault);
      }}
    />
  );
}

function Messages({ view }: { readonly view: string }): ReactNode {
  const surroundings = useLab((state) => state.surroundings);
  const faults = useLab((state) => state.faults);
  const notices = useLab((state) => state.notices);
  const modelFault = useLab((state) => state.model.fault);
  const isBundled = useLab((state) => state.model.ref.kind === 'bundled');
  const actions = useActions();
  const advice = adviseOnOrigin(surroundings);
  return (
    <div className="messages">
      {advice !== null && <AdviceNote advice={advice} />}
      {(view === 'run' || view === 'compare') && <Interrupted />}
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
      <TaskFault view={view} />
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
  useLeftMessages(view);
  return (
    <Tabs
      className="shell"
      selectedKey={view}
      onSelectionChange={(key) => {
        go(String(key));
      }}
    >
      <div className="skip">
        <Button onPress={skip}>{view === 'run' ? 'Skip to the controls' : 'Skip to the view'}</Button>
      </div>
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
        <Messages view={view} />
      </PartBoundary>
      <main className="stage" tabIndex={-1}>
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
